/** Copies an answer as Markdown and, for editors that take it, as the rich text on the screen. */
export async function copyAnswer(markdown: string, shown: Element | null): Promise<void> {
  if (typeof ClipboardItem === "undefined" || !navigator.clipboard?.write || !shown) return copyText(markdown);
  const rich = shown.cloneNode(true) as Element;
  rich.querySelectorAll("button, [aria-hidden='true']").forEach((part) => part.remove());
  const html = new XMLSerializer().serializeToString(rich);
  const blob = (text: string, type: string) => new Blob([text], { type });
  await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob(markdown, "text/plain"), "text/html": blob(html, "text/html") })]);
}

export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Plain http on another machine has no clipboard: the old way still works.
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "sr-only";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (!copied) throw new Error("copy");
}
