import { expect, it } from "vitest";

type Texts = { [key: string]: string | Texts };
const files = import.meta.glob<Texts>("./locales/*/*.json", { eager: true, import: "default" });

function leaves(texts: Texts, prefix = ""): [string, string][] {
  return Object.entries(texts).flatMap(([key, value]) => (typeof value === "string" ? [[prefix + key, value] as [string, string]] : leaves(value, `${prefix}${key}.`)));
}

/** Plural forms differ between languages; what they say does not. */
const form = /_(zero|one|two|few|many|other)$/;
const name = (key: string) => key.replace(form, "");
const placeholders = (text: string) => [...new Set(text.match(/{{\s*\w+/g) ?? [])].map((found) => found.replace(/{{\s*/, "")).sort();

const namespaces = [...new Set(Object.keys(files).map((path) => path.split("/").at(-1) ?? ""))];

it.each(namespaces)("%s says the same in Japanese and English", (file) => {
  const ja = leaves(files[`./locales/ja/${file}`] ?? {});
  const en = leaves(files[`./locales/en/${file}`] ?? {});
  expect([...new Set(ja.map(([key]) => name(key)))].sort()).toEqual([...new Set(en.map(([key]) => name(key)))].sort());
  const english = new Map(en.map(([key, text]) => [name(key), placeholders(text)]));
  for (const [key, text] of ja) {
    expect(text.trim(), key).not.toBe("");
    expect(placeholders(text).filter((found) => found !== "count"), key).toEqual((english.get(name(key)) ?? []).filter((found) => found !== "count"));
  }
});

it.each(["ja", "en"])("every text that counts has each form that %s has, and no other", (language) => {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  for (const file of namespaces) {
    const texts = leaves(files[`./locales/${language}/${file}`] ?? {});
    const counting = texts.filter(([key, text]) => form.test(key) || placeholders(text).includes("count"));
    for (const [key] of counting) {
      const has = texts.filter(([other]) => name(other) === name(key)).map(([other]) => other.slice(name(key).length + 1));
      expect(has.sort(), `${file} ${key}`).toEqual([...forms].sort());
    }
  }
});
