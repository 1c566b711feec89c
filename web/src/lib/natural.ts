const collators = new Map<string, Intl.Collator>();

/** `items` in the order in which people of a language list names: "m3" before "m29" before "m30", "B" beside "b". */
export function byName<T>(items: readonly T[], nameOf: (item: T) => string, language: string): T[] {
  const collator = collators.get(language) ?? new Intl.Collator(language, { numeric: true });
  collators.set(language, collator);
  return items.toSorted((a, b) => collator.compare(nameOf(a), nameOf(b)));
}
