import type { Node, RootContent } from "mdast";
import { closeInline } from "./repair-inline";
import { completeTable } from "./repair-table";

/**
 * `source`, still being written, as the Markdown that it will most likely become.
 *
 * Emphasis, code, links and formulas that are open at its end are closed, the first lines of a table
 * become a table, and marks that mean nothing yet (a lone `-`, `##`, half a fence) are left out.
 * `nodes` is what `source` parses to, with positions that count from `base`.
 */
export function repair(source: string, nodes: readonly RootContent[], base: number): string {
  const path = lastPath(nodes);
  const leaf = path.at(-1);
  if (!leaf) return hideMarks(source);

  if (leaf.type === "code") return hideFence(source, start(leaf) - base);
  if (leaf.type === "math") return source.replace(/(?:\$|\\)$/, "");

  const from = start(leaf) - base;
  if (leaf.type === "paragraph") {
    const table = completeTable(source.slice(from));
    if (table !== null) return source.slice(0, from) + table;
  }
  const shown = hideMarks(source);
  if (shown !== source) return shown;
  if (leaf.type === "paragraph" || leaf.type === "heading" || leaf.type === "tableCell") {
    const raw = source.slice(from);
    if (leaf.type === "tableCell" && /.\|[ \t]*\n?$/.test(raw)) return source;
    return source.slice(0, from) + closeInline(raw, leaf.children, base + from);
  }
  return source;
}

/** The last block and, going inwards, its last descendants down to the one that holds text. */
function lastPath(nodes: readonly RootContent[]): RootContent[] {
  const path: RootContent[] = [];
  let next = nodes.at(-1);
  while (next) {
    path.push(next);
    if (next.type === "paragraph" || next.type === "heading" || next.type === "tableCell") break;
    next = "children" in next ? (next.children as RootContent[]).at(-1) : undefined;
  }
  return path;
}

const start = (node: Node) => node.position?.start.offset ?? 0;

/** A line of nothing but marks: the beginning of a list, heading, rule, fence, table or formula. */
const marks = /^[ \t>]*(?:[-*+_=#`~|:]+|\d{1,9}[.)]|[-*+][ \t]+\[[ xX]?\]?|\$\$?|\\[[(]?|<)[ \t]*$/;
const numberOnly = /^[ \t>]*\d{1,3}$/;

/** Without a last line that says nothing yet. A number may be the beginning of a list, except at the very start. */
function hideMarks(source: string): string {
  const from = source.lastIndexOf("\n") + 1;
  if (source.length - from > 40) return source;
  const line = source.slice(from);
  return marks.test(line) || (from > 0 && numberOnly.test(line)) ? source.slice(0, from) : source;
}

/** Inside a code block: without a last line that may become its closing fence. */
function hideFence(source: string, from: number): string {
  const marker = /^(`{3,}|~{3,})/.exec(source.slice(from))?.[1];
  if (!marker) return source;
  const last = source.lastIndexOf("\n") + 1;
  const line = source.slice(last).trim();
  const partial = line !== "" && line.length < marker.length && marker.startsWith(line);
  return last > from && partial ? source.slice(0, last) : source;
}
