/**
 * Puts text on the clipboard, and beside it markup for programs that keep tables and headings.
 *
 * `html` is taken from elements that the page itself drew. Without a secure context (plain http in a
 * local network) the browser offers no clipboard; the old command then copies the text alone.
 */
export async function copy(text: string, html?: Element): Promise<void> {
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (!clipboard) return copyBySelection(text);
  if (!html || !("write" in clipboard) || typeof ClipboardItem === "undefined") return clipboard.writeText(text);
  const markup = new XMLSerializer().serializeToString(html);
  await clipboard.write([
    new ClipboardItem({
      "text/plain": new Blob([text], { type: "text/plain" }),
      "text/html": new Blob([markup], { type: "text/html" }),
    }),
  ]);
}

/**
 * Copies a text that is still on its way. To be called in the click itself: WebKit takes nothing for the clipboard after it,
 * but waits for what was promised then.
 */
export async function copyPromised(text: Promise<string>): Promise<void> {
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (!clipboard || !("write" in clipboard) || typeof ClipboardItem === "undefined") return copy(await text);
  const plain = text.then((content) => new Blob([content], { type: "text/plain" }));
  try {
    await clipboard.write([new ClipboardItem({ "text/plain": plain })]);
  } catch (error) {
    // That the text did not come says more than that nothing was copied.
    await text;
    throw error;
  }
}

function copyBySelection(text: string): void {
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true;
  field.className = "sr-only";
  const before = document.activeElement;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  if (!copied) throw new Error("The browser refused to copy.");
}

/** Offers `content` as a file to keep. */
export function download(name: string, type: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
