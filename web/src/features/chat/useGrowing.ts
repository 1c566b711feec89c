import { useLayoutEffect, type RefObject } from "react";

const native = globalThis.CSS?.supports?.("field-sizing", "content") ?? false;

/** Lets a text field grow with its text, where the browser does not by itself. Its maximum is the style's. */
export function useGrowing(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    grow(element);
  }, [field, text]);
}

function grow(element: HTMLTextAreaElement): void {
  if (native) return element.style.setProperty("field-sizing", "content");
  element.style.height = "auto";
  element.style.height = `${element.scrollHeight + 2}px`;
}
