import { useEffect, useState } from "react";

/** Gives files that are dropped anywhere on the page to `add`; null takes none. A browser left to itself would open them in the page's place. */
export function useDroppedFiles(add: ((files: Iterable<File>) => void) | null): boolean {
  const [dragging, setDragging] = useState(false);
  useEffect(() => {
    const carried = (event: DragEvent) => (event.dataTransfer?.types.includes("Files") ? event.dataTransfer : null);
    const taken = () => add !== null && !document.querySelector("dialog[open]");
    const over = (event: DragEvent) => {
      const files = carried(event);
      if (!files) return;
      event.preventDefault();
      if (!taken()) files.dropEffect = "none";
      setDragging(taken());
    };
    const leave = (event: DragEvent) => {
      // Told of every element on the way; only what is outside of the page is no element.
      if (event.relatedTarget === null) setDragging(false);
    };
    const drop = (event: DragEvent) => {
      const files = carried(event);
      if (!files) return;
      event.preventDefault();
      setDragging(false);
      if (taken()) add?.(files.files);
    };
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, [add]);
  return dragging;
}
