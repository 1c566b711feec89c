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
    // As soon as the finger is far enough: a browser that takes the movement for its own never tells of its end.
    const onMove = (event: TouchEvent) => {
      const touch = event.changedTouches[0];
      if (!start || !touch) return;
      const x = touch.clientX - start.clientX;
      const y = touch.clientY - start.clientY;
      if (Math.abs(x) < distance || Math.abs(x) < 2 * Math.abs(y)) return;
      start = null;
      if (x > 0 !== open) setOpen(x > 0);
    };
    document.addEventListener("touchstart", onStart, { passive: true });
    document.addEventListener("touchmove", onMove, { passive: true });
    document.addEventListener("touchend", onMove, { passive: true });
    return () => {
      document.removeEventListener("touchstart", onStart);
      document.removeEventListener("touchmove", onMove);
      document.removeEventListener("touchend", onMove);
    };
  }, [enabled, open, setOpen]);
}
