import type { Root } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFootnoteFromMarkdown } from "mdast-util-gfm-footnote";
import { gfmStrikethroughFromMarkdown } from "mdast-util-gfm-strikethrough";
import { gfmTableFromMarkdown } from "mdast-util-gfm-table";
import { gfmTaskListItemFromMarkdown } from "mdast-util-gfm-task-list-item";
import { cjkFriendlyExtension } from "micromark-extension-cjk-friendly";
import { gfmStrikethroughCjkFriendly } from "micromark-extension-cjk-friendly-gfm-strikethrough";
import { gfmFootnote } from "micromark-extension-gfm-footnote";
import { gfmTable } from "micromark-extension-gfm-table";
import { gfmTaskListItem } from "micromark-extension-gfm-task-list-item";
import { addresses, addressesFromMarkdown } from "./address-syntax";
import { shorten } from "./long-runs";
import { mathFromMarkdown } from "./math-nodes";
import { math } from "./math-syntax";

const extensions = [
  gfmTable(),
  gfmTaskListItem(),
  addresses(),
  gfmFootnote(),
  cjkFriendlyExtension(),
  // One tilde is a range in Japanese (10~20), so only two strike out.
  gfmStrikethroughCjkFriendly({ singleTilde: false }),
  math(),
];
const mdastExtensions = [
  gfmTableFromMarkdown(),
  gfmTaskListItemFromMarkdown(),
  addressesFromMarkdown(),
  gfmFootnoteFromMarkdown(),
  gfmStrikethroughFromMarkdown(),
  mathFromMarkdown(),
];

/**
 * Text that no person writes and that costs a Markdown parser far more than its length: hundreds of containers in one
 * line, of brackets or emphasis marks in a row, or of cells in a row.
 */
const abusive =
  /^[ \t]*(?:(?:>|[-*+][ \t]|\d{1,9}[.)][ \t])[ \t]*){40}|\[{60}|\]{60}|(?:!\[){60}|(?:[*_~][^*_~\n]{0,4}){300}|^(?:[^|\n]*\|){250}/m;

/**
 * Markdown as a tree: CommonMark, GFM, formulas, and emphasis that works in Japanese text. Abuse stays plain text, and so
 * does the middle of a line of many thousand characters.
 */
export function parseMarkdown(source: string): Root {
  const { text, restore } = shorten(source);
  if (abusive.test(text)) return plain(source);
  const root = fromMarkdown(text, { extensions, mdastExtensions });
  restore(root);
  return root;
}

function plain(source: string): Root {
  const position = { start: { line: 1, column: 1, offset: 0 }, end: { line: 1, column: 1, offset: source.length } };
  return { type: "root", children: [{ type: "html", value: source, position }] };
}
