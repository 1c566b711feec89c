/** What stands in the places of a text: `{{name}}`, or `{{count, number}}` as the language writes numbers. What is missing stays empty. */
export type Values = Readonly<Record<string, string | number | undefined>>;

/** Says `key`, or the first of several that exists; a key that nothing says comes back as it is. */
export type Translate = (key: string | readonly string[], values?: Values) => string;

export type Language = "ja" | "en";

export interface Texts {
  readonly [key: string]: string | Texts;
}

/** Texts by language and namespace. */
export type Catalogue = Record<Language, Record<string, Texts>>;

/**
 * Says the texts of one namespace in one language. A key is a path in it (`problem.network`), else in `common`;
 * `chat:send` names another namespace. With a `count`, the form that the language's plural rules ask for wins.
 */
export function translator(catalogue: Catalogue, language: Language, namespace: string): Translate {
  const plurals = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language);

  const find = (key: string): string | undefined => {
    const colon = key.indexOf(":");
    if (colon > 0) return at(catalogue[language][key.slice(0, colon)], key.slice(colon + 1));
    return at(catalogue[language][namespace], key) ?? at(catalogue[language].common, key);
  };
  const found = (key: string, count: Values[string]): string | undefined =>
    (typeof count === "number" ? find(`${key}_${plurals.select(count)}`) : undefined) ?? find(key);

  return (key, values = {}) => {
    const keys = typeof key === "string" ? [key] : key;
    let text: string | undefined;
    for (const candidate of keys) text ??= found(candidate, values.count);
    return (text ?? keys.at(-1) ?? "").replace(/{{(\w+)(, number)?}}/g, (_place, name: string, asNumber?: string) => {
      const value = values[name] ?? "";
      return asNumber && typeof value === "number" ? numbers.format(value) : String(value);
    });
  };
}

function at(texts: Texts | undefined, path: string): string | undefined {
  let found: string | Texts | undefined = texts;
  for (const part of path.split(".")) found = typeof found === "object" && Object.hasOwn(found, part) ? found[part] : undefined;
  return typeof found === "string" ? found : undefined;
}
