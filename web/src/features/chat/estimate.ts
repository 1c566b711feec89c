import type { Item } from "./conversation";

const line = 28;

/** About how high a message is before it was drawn; the closer, the steadier the scroll bar. */
export function estimateHeight(item: Item | undefined, width: number): number {
  if (!item) return 100;
  const column = Math.min(728, Math.max(280, width - 32)) * (item.role === "user" ? 0.75 : 1);
  const perLine = Math.max(10, Math.floor(column / 13));
  let lines = 0;
  for (const paragraph of item.text.split("\n")) lines += paragraph === "" ? 0.5 : Math.ceil(paragraph.length / perLine);
  return Math.ceil(Math.max(1, lines) * line) + (item.role === "user" ? 72 : 76) + (item.files.length > 0 ? 60 : 0);
}
