import type { Node } from "mdast";

/** Letters and digits in a row, as in Base64: more of them say nothing to a parser that goes through them one by one. */
const longestWord = 256;
const keptOfWord = 32;
/** A longer line is code or data, so that of its marks only those near its ends count: no person writes such a line. */
const longestLine = 8_000;
const keptOfLine = 2_000;
const keptOfLineEnd = 200;

const word = /[\p{L}\p{N}][\p{L}\p{M}\p{N}+/=]*/gu;

/** A text without the middles of its very long words and lines; short signs stand in their places. */
export interface Shortened {
  text: string;
  /** Gives what was parsed from `text` the whole text back, with positions in it. */
  restore: (root: Node) => void;
}

export function shorten(source: string): Shortened {
  const sign = source.length > longestWord ? unusedSign(source) : null;
  if (sign === null) return { text: source, restore: () => undefined };
  const middles: string[] = [];
  const standIn = (middle: string) => `${sign}${middles.push(middle) - 1}${sign}`;
  const cut = (run: string, before: number, after: number) =>
    run.slice(0, before) + standIn(run.slice(before, run.length - after)) + run.slice(run.length - after);

  const signs = new RegExp(`${sign}(\\d+)${sign}`, "g");
  const whole = (text: string): string => (text.includes(sign) ? text.replace(signs, (_, index: string) => middles[Number(index)] ?? "") : text);
  const words = source.replace(word, (run) => (run.length > longestWord ? cut(run, keptOfWord, keptOfWord) : run));
  const text = words.length > longestLine ? words.split("\n").map((line) => (line.length > longestLine ? cutLine(line) : line)).join("\n") : words;
  return { text, restore: (root) => { if (middles.length > 0) restore(root, whole, offsets(text, signs, whole)); } };

  /** Words within the line may be cut already, so what is taken out is made whole, and no sign is cut apart. */
  function cutLine(line: string): string {
    const from = clearOfSigns(line, keptOfLine);
    const to = clearOfSigns(line, line.length - keptOfLineEnd);
    return line.slice(0, from) + standIn(whole(line.slice(from, to))) + line.slice(to);
  }
  /** `at`, or where the sign that stands over it begins. */
  function clearOfSigns(line: string, at: number): number {
    const near = Math.max(0, at - 20);
    for (const { 0: found, index } of line.slice(near, at + 20).matchAll(signs)) {
      if (near + index < at && at < near + index + found.length) return near + index;
    }
    return at;
  }
}

/** A character for private use that `source` does not hold. */
function unusedSign(source: string): string | null {
  for (let code = 0xe000; code < 0xe010; code += 1) {
    if (!source.includes(String.fromCharCode(code))) return String.fromCharCode(code);
  }
  return null;
}

/** Where an offset of the shortened text lies in the whole one. */
function offsets(text: string, signs: RegExp, whole: (text: string) => string): (offset: number) => number {
  const ends: number[] = [];
  const added: number[] = [];
  for (const { 0: found, index } of text.matchAll(signs)) {
    ends.push(index + found.length);
    added.push((added.at(-1) ?? 0) + whole(found).length - found.length);
  }
  return (offset) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return offset + (added[low - 1] ?? 0);
  };
}

function restore(node: Node, whole: (text: string) => string, place: (offset: number) => number): void {
  const fields = node as unknown as Record<string, unknown>;
  for (const [name, value] of Object.entries(fields)) if (typeof value === "string") fields[name] = whole(value);
  if (node.position) {
    node.position.start.offset = place(node.position.start.offset ?? 0);
    node.position.end.offset = place(node.position.end.offset ?? 0);
  }
  if (Array.isArray(fields.children)) for (const child of fields.children as Node[]) restore(child, whole, place);
}
