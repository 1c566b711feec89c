import { useEffect, type RefObject } from "react";

/** Where a row of `place` goes, or its button does, and the focus with it: the focus moves to the row that stands there now, else to `place`. */
export function useKeptFocus(place: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let last: { focused: Element; row: number } | null = null;
    const rows = () => [...element.querySelectorAll("li, tbody > tr")];
    const onFocus = ({ target }: FocusEvent) => {
      if (target instanceof Element) last = { focused: target, row: rows().findIndex((row) => row.contains(target)) };
    };
    const observer = new MutationObserver(() => {
      if (!last || last.focused.isConnected || document.activeElement !== document.body) return;
      const all = rows();
      const row = last.row < 0 ? undefined : all[Math.min(last.row, all.length - 1)];
      last = null;
      (row?.querySelector<HTMLElement>("button, a, input") ?? element).focus();
    });
    element.addEventListener("focusin", onFocus);
    observer.observe(element, { childList: true, subtree: true });
    return () => {
      element.removeEventListener("focusin", onFocus);
      observer.disconnect();
    };
  }, [place]);
}
