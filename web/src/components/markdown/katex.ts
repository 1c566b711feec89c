import type Katex from "katex";
import { useEffect, useSyncExternalStore } from "react";

let katex: typeof Katex | undefined;
let loading: Promise<void> | undefined;
const listeners = new Set<() => void>();

/** Formulas longer than this stay text: setting them would hold up the page. */
const longestFormula = 8_000;
/** Formulas nested deeper than this stay text: laying them out takes a browser minutes. */
const deepestFormula = 50;

/** Formulas set before, as elements to copy from. */
const cache = new Map<string, DocumentFragment>();
const cacheSize = 500;

/** Fetches what setting formulas takes; once. */
export function loadKatex(): Promise<void> {
  loading ??= Promise.all([import("katex"), import("katex/dist/katex.min.css")])
    .then(([module]) => {
      katex = module.default;
      listeners.forEach((listener) => listener());
    })
    .catch(() => {
      loading = undefined;
    });
  return loading;
}

/** Whether formulas can be set; the first caller fetches what it takes. */
export function useKatex(): boolean {
  useEffect(() => void loadKatex(), []);
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => katex !== undefined,
  );
}

/** Whether `source` is short and flat enough to be given to KaTeX. */
export function canBeSet(source: string): boolean {
  if (source.length > longestFormula) return false;
  let depth = 0;
  for (const [part] of source.matchAll(/\\(?:left|right|begin|end)(?![A-Za-z])|\\[^]|[{}]/g)) {
    if (part === "{" || part === "\\left" || part === "\\begin") depth += 1;
    else if (part === "}" || part === "\\right" || part === "\\end") depth -= 1;
    if (depth > deepestFormula) return false;
  }
  return true;
}

/** Sets `source` into `target`; false when it is no TeX, and `target` is as it was. */
export function setFormula(target: HTMLElement, source: string, display: boolean): boolean {
  if (!katex || !canBeSet(source)) return false;
  const key = `${display ? "d" : "i"}${source}`;
  let formula = cache.get(key);
  if (!formula) {
    const box = document.createElement("span");
    try {
      katex.render(source, box, { displayMode: display, throwOnError: true, strict: false, maxExpand: 300, maxSize: 30 });
    } catch {
      return false;
    }
    formula = document.createDocumentFragment();
    formula.append(...box.childNodes);
    cache.set(key, formula);
    const oldest = cache.keys().next();
    if (cache.size > cacheSize && !oldest.done) cache.delete(oldest.value);
  }
  target.replaceChildren(formula.cloneNode(true));
  return true;
}

let spent = 0;
let measuring = false;

/** Whether this frame has time for another formula. */
export function hasFrameTime(): boolean {
  return spent < 8;
}

export function timed<T>(work: () => T): T {
  const before = performance.now();
  const result = work();
  spent += performance.now() - before;
  if (!measuring) {
    measuring = true;
    requestAnimationFrame(() => {
      spent = 0;
      measuring = false;
    });
  }
  return result;
}
