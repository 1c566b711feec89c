import type { PhrasingContent } from "mdast";

/** Characters of a formula's source that fit into one line of a phone: a longer one may break within. */
const short = 30;
const closing = /^[。、，．,.!?！？:;：；…‥・」』）)\]］｝〉》】〕”’]+/u;
const opening = /[「『（([［｛〈《【〔“‘]+$/u;

/**
 * Whether no line ends between a formula and the mark beside it. A browser sees a formula as a picture, beside which a line may
 * end, whatever stands there; so what must not be parted is kept in one.
 */
export function isWhole(node: PhrasingContent | undefined): boolean {
  return node?.type === "inlineMath" && !node.display && node.value.length <= short;
}

/** The text of `nodes[index]` as it stands after a formula, by itself and before one; all of it in the middle where none is beside it. */
export function besideFormulas(nodes: readonly PhrasingContent[], index: number): { after: string; alone: string; before: string } {
  const node = nodes[index];
  if (node?.type !== "text") return { after: "", alone: "", before: "" };
  const after = isWhole(nodes[index - 1]) ? (closing.exec(node.value)?.[0] ?? "") : "";
  const rest = node.value.slice(after.length);
  const before = isWhole(nodes[index + 1]) ? (opening.exec(rest)?.[0] ?? "") : "";
  return { after, alone: rest.slice(0, rest.length - before.length), before };
}
