import { useEffect, type RefObject } from "react";

/** Takes the focus while mounted, to its first field if it is a form, and gives it back to where it came from. */
export function useFocusLoan(panel: RefObject<HTMLElement | null>, enabled: boolean): void {
  useEffect(() => {
    if (!enabled) return;
    const before = document.activeElement;
    const first = panel.current?.querySelector<HTMLElement>("form input:not([disabled]), form select, form textarea");
    (first ?? panel.current)?.focus();
    return () => {
      // Whoever has gone elsewhere meanwhile stays there.
      if (document.activeElement !== document.body) return;
      const back = before instanceof HTMLElement && before.isConnected ? before : document.getElementById("main");
      back?.focus();
    };
  }, [panel, enabled]);
}
