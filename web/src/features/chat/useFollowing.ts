import type { Virtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef, useState, type RefObject } from "react";

/** So near the end, in pixels, counts as being there. Less than a line, so that one line up is away. */
const near = 8;

/**
 * Whether the view follows the end of the list. It does while the reader is there; any movement up ends it at once, also
 * while text streams in, and coming back to the end begins it again.
 */
export function useFollowing(scroller: RefObject<HTMLElement | null>) {
  const following = useRef(true);
  const [away, setAway] = useState(false);

  const set = useCallback((next: boolean) => {
    following.current = next;
    setAway(!next);
  }, []);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let lastTop = element.scrollTop;
    let lastHeight = element.scrollHeight;
    let leftAt = -Infinity;
    const distance = () => element.scrollHeight - element.clientHeight - element.scrollTop;
    const leave = () => {
      if (element.scrollTop <= 0) return;
      leftAt = performance.now();
      if (following.current) set(false);
    };
    const onScroll = () => {
      const { scrollTop, scrollHeight } = element;
      const up = scrollTop < lastTop - 1 && scrollHeight >= lastHeight;
      const down = scrollTop > lastTop;
      lastTop = scrollTop;
      lastHeight = scrollHeight;
      if (following.current) {
        // The scroll bar, the search of the browser, the focus: nothing else moves the view up.
        if (up && distance() > near) set(false);
      } else if (distance() <= near && (down || performance.now() - leftAt > 300)) set(true);
    };
    const onWheel = (event: WheelEvent) => event.deltaY < 0 && leave();
    let touchY = 0;
    const onTouchStart = (event: TouchEvent) => (touchY = event.touches[0]?.clientY ?? 0);
    const onTouchMove = (event: TouchEvent) => (event.touches[0]?.clientY ?? 0) > touchY + 2 && leave();
    const onKey = (event: KeyboardEvent) => {
      if (["PageUp", "Home", "ArrowUp"].includes(event.key) || (event.key === " " && event.shiftKey)) leave();
    };
    const passive = { passive: true } as const;
    element.addEventListener("scroll", onScroll, passive);
    element.addEventListener("wheel", onWheel, passive);
    element.addEventListener("touchstart", onTouchStart, passive);
    element.addEventListener("touchmove", onTouchMove, passive);
    element.addEventListener("keydown", onKey);
    return () => {
      element.removeEventListener("scroll", onScroll);
      element.removeEventListener("wheel", onWheel);
      element.removeEventListener("touchstart", onTouchStart);
      element.removeEventListener("touchmove", onTouchMove);
      element.removeEventListener("keydown", onKey);
    };
  }, [scroller, set]);

  return { following, away, set };
}

/** Keeps the end in view when the scroller itself changes its height, as when the composer grows. */
export function usePinnedEnd(scroller: RefObject<HTMLElement | null>, virtualizer: Virtualizer<HTMLDivElement, HTMLElement>, following: RefObject<boolean>): void {
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      if (following.current) virtualizer.scrollToEnd();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller, virtualizer, following]);
}
