import { useEffect } from "react";

const edge = 28;
const distance = 56;

/** Opens the drawer by a swipe from the left edge, closes it by one to the left. */
export function useDrawerSwipe(enabled: boolean, open: boolean, setOpen: (open: boolean) => void): void {
  useEffect(() => {
    if (!enabled) return;
    let start: Touch | null = null;
    const onStart = (event: TouchEvent) => {
      const touch = event.touches.length === 1 ? event.touches[0] : undefined;
      start = touch && (open || touch.clientX <= edge) ? touch : null;
    };
    const onEnd = (event: TouchEvent) => {
      const touch = event.changedTouches[0];
      if (!start || !touch) return;
      const x = touch.clientX - start.clientX;
      const y = touch.clientY - start.clientY;
      start = null;
      if (Math.abs(x) < distance || Math.abs(x) < 2 * Math.abs(y)) return;
      if (x > 0 !== open) setOpen(x > 0);
    };
    document.addEventListener("touchstart", onStart, { passive: true });
    document.addEventListener("touchend", onEnd, { passive: true });
    return () => {
      document.removeEventListener("touchstart", onStart);
      document.removeEventListener("touchend", onEnd);
    };
  }, [enabled, open, setOpen]);
}
