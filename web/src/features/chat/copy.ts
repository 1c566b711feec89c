import { copy } from "@/lib/clipboard";

/** Copies an answer as Markdown and, for editors that take it, as the rich text on the screen. */
export async function copyAnswer(markdown: string, shown: Element | null): Promise<void> {
  if (!shown) return copy(markdown);
  const rich = shown.cloneNode(true) as Element;
  rich.querySelectorAll("button, [aria-hidden='true']").forEach((part) => part.remove());
  return copy(markdown, rich);
}
