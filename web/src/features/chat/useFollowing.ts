import { useCallback, useEffect, useRef, useState } from "react";

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
export function useFollowing() {
  const scroller = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const resizedAt = useRef(-Infinity);
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
    let landing: ReturnType<typeof setTimeout> | undefined;
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
      clearTimeout(landing);
      landing = setTimeout(() => {
        if (following.current) toBottom(element);
      }, flight);
    };
    const onScroll = () => {
      const { scrollTop, scrollHeight } = element;
      const up = scrollTop < lastTop - 1 && scrollHeight >= lastHeight;
      const down = scrollTop > lastTop;
      lastTop = scrollTop;
      lastHeight = scrollHeight;
      if (following.current) {
        // The scroll bar, the search of the browser, the focus. A list that just changed its height moves the view, too.
        const still = performance.now() - Math.max(resizedAt.current, aimedAt) > flight;
        // What the browser's search finds comes to the middle of the view; the page has no focus then.
        const found = !document.hasFocus() && distance() > element.clientHeight / 3;
        if (up && distance() > near && (dragging || still || found)) set(false);
      } else if (down) arrive();
    };
    const onWheel = (event: WheelEvent) => {
      // Along a line of code or a table; with Shift some browsers turn it themselves, others say it as it was turned.
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
      if (event.deltaY < 0) leave();
      else {
        leftAt = -Infinity;
        // Aimed at the end: it may have moved on before a smooth scroll gets there.
        if (!following.current && event.deltaY > 0 && distance() <= event.deltaY) aim();
      }
    };
    // What takes the focus out of the view is brought into it by the browser, and read or written in there. What is pressed
    // stays where it is: a block of code that is scrolled sideways.
    const onFocusIn = ({ target }: FocusEvent) => {
      if (!following.current || !(target instanceof Element) || target === element) return;
      if (pressed && !(target instanceof HTMLTextAreaElement)) return;
      if (isAboveEnd(target, element)) set(false);
    };
    let dragging = false;
    let pressed = false;
    const onPointerDown = (event: PointerEvent) => {
      dragging = event.target === element;
      pressed = true;
    };
    const onPointerUp = () => (dragging = pressed = false);
    let touch = { x: 0, y: 0 };
    const place = ({ touches: [first] }: TouchEvent) => ({ x: first?.clientX ?? 0, y: first?.clientY ?? 0 });
    const onTouchStart = (event: TouchEvent) => (touch = place(event));
    const onTouchMove = (event: TouchEvent) => {
      const { x, y } = place(event);
      if (y > touch.y + 2 && y - touch.y > Math.abs(x - touch.x)) leave();
    };
    const onKey = (event: KeyboardEvent) => {
      // There the keys move the caret.
      if (event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]")) return;
      if (event.key === "End") aim();
      if (["PageUp", "Home", "ArrowUp"].includes(event.key) || (event.key === " " && event.shiftKey)) leave();
    };
    const passive = { passive: true } as const;
    element.addEventListener("scroll", onScroll, passive);
    element.addEventListener("wheel", onWheel, passive);
    element.addEventListener("touchstart", onTouchStart, passive);
    element.addEventListener("touchmove", onTouchMove, passive);
    element.addEventListener("keydown", onKey);
    element.addEventListener("focusin", onFocusIn);
    element.addEventListener("pointerdown", onPointerDown);
    addEventListener("pointerup", onPointerUp);
    addEventListener("pointercancel", onPointerUp);
    return () => {
      clearTimeout(timer);
      clearTimeout(landing);
      element.removeEventListener("scroll", onScroll);
      element.removeEventListener("wheel", onWheel);
      element.removeEventListener("touchstart", onTouchStart);
      element.removeEventListener("touchmove", onTouchMove);
      element.removeEventListener("keydown", onKey);
      element.removeEventListener("focusin", onFocusIn);
      element.removeEventListener("pointerdown", onPointerDown);
      removeEventListener("pointerup", onPointerUp);
      removeEventListener("pointercancel", onPointerUp);
    };
  }, [set]);

  /** To be called whenever the list may have changed its height: keeps the end in view. */
  const pin = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    resizedAt.current = performance.now();
    if (following.current) toBottom(element);
  }, []);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    // The scroller itself changes its height when the composer grows.
    const observer = new ResizeObserver(pin);
    observer.observe(element);
    return () => observer.disconnect();
  }, [pin]);

  return { scroller, following, away, set, pin };
}

/** Whether `target` begins above what the end of the list shows; one that no view holds whole, whether all of it does. */
function isAboveEnd(target: Element, scroller: HTMLElement): boolean {
  const { top, bottom, height } = target.getBoundingClientRect();
  const end = scroller.getBoundingClientRect().top + scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
  return (height <= scroller.clientHeight ? top : bottom) < end;
}

function toBottom(element: HTMLElement): void {
  element.scrollTop = element.scrollHeight;
}
