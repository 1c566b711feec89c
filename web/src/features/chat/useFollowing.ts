import type { Virtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef, useState, type RefObject } from "react";

/** So near the end, in pixels, counts as being there. Less than a line, so that one line up is away. */
const near = 8;
/** Coming down so near to a growing end counts as having reached it. */
const close = 40;
/** Milliseconds in which a movement up gets under way, even one that the browser draws smoothly. */
const settle = 300;
/** Milliseconds that a smooth movement to the end takes at most. */
const flight = 600;

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
    let aimedAt = -Infinity;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const distance = () => element.scrollHeight - element.clientHeight - element.scrollTop;
    const leave = () => {
      aimedAt = -Infinity;
      if (element.scrollTop <= 0) return;
      leftAt = performance.now();
      if (following.current) set(false);
    };
    /** Follows again, unless the movement up that ended it has only just begun. */
    const arrive = () => {
      clearTimeout(timer);
      const early = settle - (performance.now() - leftAt);
      if (early > 0) timer = setTimeout(arrive, early);
      else if (!following.current && distance() <= close) set(true);
    };
    /** Follows from the end of a movement down that is still on its way. */
    const aim = () => {
      aimedAt = performance.now();
      set(true);
      setTimeout(() => {
        if (following.current) element.scrollTop = element.scrollHeight;
      }, flight);
    };
    const onScroll = () => {
      const { scrollTop, scrollHeight } = element;
      const up = scrollTop < lastTop - 1 && scrollHeight >= lastHeight;
      const down = scrollTop > lastTop;
      lastTop = scrollTop;
      lastHeight = scrollHeight;
      if (following.current) {
        // The scroll bar, the search of the browser, the focus: nothing else moves the view up.
        if (up && distance() > near && performance.now() - aimedAt > flight) set(false);
      } else if (down) arrive();
    };
    const onWheel = (event: WheelEvent) => {
      if (event.deltaY < 0) leave();
      else {
        leftAt = -Infinity;
        // Aimed at the end: it may have moved on before a smooth scroll gets there.
        if (!following.current && event.deltaY > 0 && distance() <= event.deltaY) aim();
      }
    };
    let touchY = 0;
    const onTouchStart = (event: TouchEvent) => (touchY = event.touches[0]?.clientY ?? 0);
    const onTouchMove = (event: TouchEvent) => (event.touches[0]?.clientY ?? 0) > touchY + 2 && leave();
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "End") aim();
      if (["PageUp", "Home", "ArrowUp"].includes(event.key) || (event.key === " " && event.shiftKey)) leave();
    };
    const passive = { passive: true } as const;
    element.addEventListener("scroll", onScroll, passive);
    element.addEventListener("wheel", onWheel, passive);
    element.addEventListener("touchstart", onTouchStart, passive);
    element.addEventListener("touchmove", onTouchMove, passive);
    element.addEventListener("keydown", onKey);
    return () => {
      clearTimeout(timer);
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
