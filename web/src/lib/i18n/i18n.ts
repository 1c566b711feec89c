import i18next, { type ResourceLanguage } from "i18next";
import { initReactI18next } from "react-i18next";
import { onPreferences, preferences } from "../preferences";

/** One file a feature and language: locales/ja/chat.json is the namespace `chat`. */
const files = import.meta.glob<ResourceLanguage>("./locales/*/*.json", { eager: true, import: "default" });

const resources: Record<string, ResourceLanguage> = {};
for (const [path, texts] of Object.entries(files)) {
  const [language, file] = path.split("/").slice(-2);
  if (language && file) (resources[language] ??= {})[file.replace(".json", "")] = texts;
}

function chosen(): string {
  const { language } = preferences();
  if (language !== "system") return language;
  return navigator.languages.some((tag) => tag.startsWith("ja")) || navigator.languages.length === 0 ? "ja" : "en";
}

void i18next.use(initReactI18next).init({
  resources,
  lng: chosen(),
  fallbackLng: "en",
  defaultNS: "common",
  interpolation: { escapeValue: false },
  initAsync: false,
});

function apply(): void {
  document.documentElement.lang = i18next.language;
}
apply();
i18next.on("languageChanged", apply);
onPreferences(() => {
  if (chosen() !== i18next.language) void i18next.changeLanguage(chosen());
});

export { i18next };
