import i18next, { type ResourceLanguage } from "i18next";
import { initReactI18next } from "react-i18next";
import { onPreferences, preferences } from "../preferences";

/** One file a feature and language: locales/ja/chat.json is the namespace `chat`. What is loaded lazily brings its own by `addTexts`. */
const files = import.meta.glob<ResourceLanguage>(["./locales/*/*.json", "!./locales/*/{admin,login,setup,search,export,markdown,palette,settings}.json"], { eager: true, import: "default" });

const resources: Record<string, ResourceLanguage> = {};
for (const [path, texts] of Object.entries(files)) {
  const [language, file] = path.split("/").slice(-2);
  if (language && file) (resources[language] ??= {})[file.replace(".json", "")] = texts;
}

/** The first of a reader's languages that is one of ours. Who names others alone gets English; who names none, Japanese. */
export function preferred(languages: readonly string[]): "ja" | "en" {
  const own = languages.map((tag) => tag.toLowerCase().split("-")[0]).find((language) => language === "ja" || language === "en");
  return own ?? (languages.length === 0 ? "ja" : "en");
}

function chosen(): string {
  const { language } = preferences();
  if (language !== "system") return language;
  return preferred(navigator.languages);
}

void i18next.use(initReactI18next).init({
  resources,
  lng: chosen(),
  fallbackLng: "en",
  defaultNS: "common",
  interpolation: { escapeValue: false },
  initAsync: false,
});

/** The texts of a feature that is not part of the first load. Call it where the feature's module begins. */
export function addTexts(namespace: string, texts: Record<"ja" | "en", ResourceLanguage>): void {
  for (const [language, bundle] of Object.entries(texts)) i18next.addResourceBundle(language, namespace, bundle);
}

function apply(): void {
  document.documentElement.lang = i18next.language;
}
apply();
i18next.on("languageChanged", apply);
onPreferences(() => {
  if (chosen() !== i18next.language) void i18next.changeLanguage(chosen());
});

export { i18next };
