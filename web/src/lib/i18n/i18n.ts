import { useSyncExternalStore } from "react";
import { onPreferences, preferences } from "../preferences";
import { translator, type Catalogue, type Language, type Texts, type Translate } from "./texts";

/** One file a feature and language: locales/ja/chat.json is the namespace `chat`. What is loaded lazily brings its own by `addTexts`. */
const files = import.meta.glob<Texts>(["./locales/*/*.json", "!./locales/*/{admin,login,setup,search,export,markdown,palette,settings}.json"], { eager: true, import: "default" });

const catalogue: Catalogue = { ja: {}, en: {} };
for (const [path, texts] of Object.entries(files)) {
  const [language, file] = path.split("/").slice(-2) as [Language, string];
  catalogue[language][file.replace(".json", "")] = texts;
}

/** The texts of a feature that is not part of the first load. Call it where the feature's module begins. */
export function addTexts(namespace: string, texts: Record<Language, Texts>): void {
  catalogue.ja[namespace] = texts.ja;
  catalogue.en[namespace] = texts.en;
}

/** The first of a reader's languages that is one of ours. Who names others alone gets English; who names none, Japanese. */
export function preferred(languages: readonly string[]): Language {
  const own = languages.map((tag) => tag.toLowerCase().split("-")[0]).find((language) => language === "ja" || language === "en");
  return own ?? (languages.length === 0 ? "ja" : "en");
}

function chosen(): Language {
  const { language } = preferences();
  return language === "system" ? preferred(navigator.languages) : language;
}

let current = chosen();
const listeners = new Set<() => void>();
document.documentElement.lang = current;
onPreferences(() => setLanguage(chosen()));

/** Until the preferences change the next time. */
export function setLanguage(language: Language): void {
  if (language === current) return;
  current = language;
  document.documentElement.lang = language;
  listeners.forEach((listener) => listener());
}

function onLanguage(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const translators = new Map<string, Translate>();

/** The same function each time, so that effects may depend on it. */
export function textsOf(namespace: string, language: Language = current): Translate {
  const key = `${language} ${namespace}`;
  const known = translators.get(key) ?? translator(catalogue, language, namespace);
  translators.set(key, known);
  return known;
}

/** Says a text outside of components, in the language of now. */
export const say: Translate = (key, values) => textsOf("common")(key, values);

/** The texts of a namespace, and of `common`, in the page's language; the component follows when that changes. */
export function useTranslation(namespace = "common"): { t: Translate; language: Language } {
  const language = useSyncExternalStore(onLanguage, () => current);
  return { t: textsOf(namespace, language), language };
}
