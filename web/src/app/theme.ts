import { onPreferences, preferences } from "@/lib/preferences";

/** Keeps the chosen theme on the document; without one the system's is used. */
export function followTheme(): void {
  const apply = () => {
    const { theme } = preferences();
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  apply();
  onPreferences(apply);
}
