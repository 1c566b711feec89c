import type { RootContent } from "hast";
import { createLowlight } from "lowlight";
import { loadGrammar } from "./languages";

const lowlight = createLowlight();
const loading = new Map<string, Promise<void>>();

/** Coloured code that was shown before, so that scrolling back to it costs nothing. */
const cache = new Map<string, readonly RootContent[]>();
const cacheSize = 300;

const keyOf = (grammar: string, code: string) => `${grammar}\n${code}`;

export function cachedHighlight(grammar: string, code: string): readonly RootContent[] | undefined {
  return cache.get(keyOf(grammar, code));
}

export function ready(grammar: string): Promise<void> {
  let promise = loading.get(grammar);
  if (!promise) {
    promise = loadGrammar(grammar).then((module) => lowlight.register(grammar, module.default));
    promise.catch(() => loading.delete(grammar));
    loading.set(grammar, promise);
  }
  return promise;
}

/** The tokens of `code`; `ready(grammar)` has been awaited. */
export function highlight(grammar: string, code: string, keep: boolean): readonly RootContent[] {
  const key = keyOf(grammar, code);
  const known = cache.get(key);
  if (known) return known;
  const nodes = lowlight.highlight(grammar, code).children;
  if (keep) {
    cache.set(key, nodes);
    const oldest = cache.keys().next();
    if (cache.size > cacheSize && !oldest.done) cache.delete(oldest.value);
  }
  return nodes;
}
