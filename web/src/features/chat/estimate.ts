import type { Item } from "./conversation";

const line = 28;

/** The list asks for the height of every row whenever one is added; a row is counted again only when it changes. */
const known = new WeakMap<Item, { width: number; height: number }>();

/** About how high a message is before it was drawn; the closer, the steadier the scroll bar. */
export function estimateHeight(item: Item | undefined, width: number): number {
  if (!item) return 100;
  const before = known.get(item);
  if (before?.width === width) return before.height;
  const column = Math.min(728, Math.max(280, width - 32)) * (item.role === "user" ? 0.75 : 1);
  const lines = countLines(item.text, Math.max(10, Math.floor(column / 13)));
  const height = Math.ceil(Math.max(1, lines) * line) + (item.role === "user" ? 72 : 76) + (item.files.length > 0 ? 60 : 0);
  known.set(item, { width, height });
  return height;
}

/** An empty line counts half, as the space between two paragraphs. */
function countLines(text: string, perLine: number): number {
  let lines = 0;
  for (let from = 0; from <= text.length; ) {
    const found = text.indexOf("\n", from);
    const end = found < 0 ? text.length : found;
    lines += end === from ? 0.5 : Math.ceil((end - from) / perLine);
    from = end + 1;
  }
  return lines;
}
