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

/** Markdown as a tree: CommonMark, GFM, formulas, and emphasis that works in Japanese text. */
export function parseMarkdown(source: string): Root {
  return fromMarkdown(source, { extensions, mdastExtensions });
}
