import { cloneElement, useEffect, useRef, type ReactElement, type ReactNode } from "react";
import { shortcutLabel } from "@/lib/commands";
import { place } from "./place";

const delay = 500;

/** Says more about what it wraps, to a pointer and to the keyboard's focus; never the only place where something is said. */
export function Tooltip({ text, shortcut, children }: { text: string; shortcut?: string; children: ReactElement<Record<string, unknown>> }) {
  return cloneElement(children, { "data-tip": shortcut === undefined ? text : `${text}  ${shortcutLabel(shortcut)}` });
}

/** Shows the tooltips of everything inside; once, around the page. */
export function TooltipProvider({ children }: { children: ReactNode }) {
  const popup = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = popup.current;
    if (!element?.showPopover) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let owner: Element | null = null;
    const hide = () => {
      clearTimeout(timer);
      owner = null;
      if (element.matches(":popover-open")) element.hidePopover();
    };
    const show = (target: EventTarget | null, wait: number) => {
      const found = target instanceof Element ? target.closest("[data-tip]") : null;
      if (found === owner) return;
      hide();
      if (!found || found.getAttribute("aria-expanded") === "true") return;
      owner = found;
      timer = setTimeout(() => {
        if (!found.isConnected) return;
        element.textContent = found.getAttribute("data-tip");
        element.showPopover();
        place(element, found, { side: "bottom", align: "center", gap: 6 });
      }, wait);
    };
    const onPointer = (event: PointerEvent) => event.pointerType === "mouse" && show(event.target, delay);
    const onFocus = (event: FocusEvent) => {
      if (event.target instanceof Element && event.target.matches(":focus-visible")) show(event.target, 0);
    };
    document.addEventListener("pointerover", onPointer);
    document.addEventListener("focusin", onFocus);
    for (const type of ["focusout", "pointerdown", "keydown", "wheel"]) document.addEventListener(type, hide, { passive: true });
    return () => {
      hide();
      document.removeEventListener("pointerover", onPointer);
      document.removeEventListener("focusin", onFocus);
      for (const type of ["focusout", "pointerdown", "keydown", "wheel"]) document.removeEventListener(type, hide);
    };
  }, []);
  return (
    <>
      {children}
      <div ref={popup} popover="manual" role="presentation" aria-hidden="true" className="pointer-events-none fixed inset-auto m-0 max-w-xs rounded-md bg-text px-2 py-1 text-xs whitespace-pre-wrap text-page shadow-pop" />
    </>
  );
}
