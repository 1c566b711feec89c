import type { Definition, FootnoteDefinition, List, ListItem, RootContent, Table, TableRow } from "mdast";
import { type Fence, scanFence } from "./fence";
import { parseMarkdown } from "./parse";
import { repair } from "./repair";

/** One top-level block of a document. The same object as long as nothing in it changes. */
export interface Block {
  /** Where its first line begins; also its key, since a document only grows. */
  start: number;
  end: number;
  node: RootContent;
}

/**
 * A Markdown text and its blocks, kept between the steps of a stream.
 *
 * A block is settled once a later block began on a line that is complete: nothing that follows can
 * change it, so it is never parsed again. Of a long list or table, the items or rows before the last are
 * settled the same way.
 */
export interface MarkdownDocument {
  /** What has been parsed; a prefix of the text given. */
  readonly text: string;
  readonly settled: readonly Block[];
  /** Blocks after the settled ones, shown as they will become. */
  readonly tail: readonly Block[];
  readonly resume: Resume;
  readonly definitions: Definitions;
  readonly streaming: boolean;
}

/** Where parsing goes on: at `start`, inside a list or table when one is open there. */
interface Resume {
  start: number;
  inside?: {
    /** Its items or rows before `start`. */
    head: List | Table;
    start: number;
    /** What has to stand before `start` to be parsed as a part of it: the first two lines of a table. */
    prefix: string;
  };
}

/** Link and footnote definitions seen so far. */
interface Definitions {
  labels: readonly string[];
  /** Addresses of links by identifier. */
  urls: ReadonlyMap<string, string>;
  /** Markdown that comes before every part parsed alone; a rule ends it, so that nothing continues it. */
  prefix: string;
}

const rule = "***\n\n";
const noDefinitions: Definitions = { labels: [], urls: new Map(), prefix: "" };

export const emptyDocument: MarkdownDocument = {
  text: "",
  settled: [],
  tail: [],
  resume: { start: 0 },
  definitions: noDefinitions,
  streaming: false,
};

/** Characters parsed in one step, so that a step stays far below a frame. */
export const stepSize = 3_000;

/** `text` with the line ends that the functions here expect. */
export function withPlainLineEnds(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}

/**
 * The document for `text`, reusing what `previous` already knows of it.
 *
 * Parses at most about `stepSize` new characters; the result is complete when its `text` equals the
 * text given, else call again with it as `previous`.
 */
export function advance(
  previous: MarkdownDocument,
  text: string,
  streaming: boolean,
): MarkdownDocument {
  const grown = text.startsWith(previous.text);
  const from = grown ? previous : emptyDocument;
  if (grown && text === previous.text && streaming === previous.streaming) return previous;
  const end = stepEnd(text, from);
  const whole = end === text.length;
  return step(from, text.slice(0, end), streaming || !whole);
}

/** A line's end about `stepSize` characters after what is settled, further for a longer block. */
function stepEnd(text: string, from: MarkdownDocument): number {
  const pending = from.text.length - from.resume.start;
  const goal = from.text.length + Math.max(stepSize - pending, stepSize / 2, pending / 2);
  if (goal >= text.length) return text.length;
  const newline = text.lastIndexOf("\n", goal);
  return newline > from.text.length ? newline + 1 : goal;
}

function step(from: MarkdownDocument, text: string, streaming: boolean): MarkdownDocument {
  const settled = [...from.settled];
  let { resume, definitions } = from;

  // Code at the top level needs no parser, however long it grows.
  for (;;) {
    const fence: Fence | null = resume.inside ? null : scanFence(text, resume.start);
    if (!fence) break;
    const block = fenceBlock(fence, resume.start);
    const lineComplete = fence.closed && fence.end < text.length;
    if (!lineComplete) {
      const shown = streaming && !fence.closed ? hideClosingFence(block) : block;
      return { text, settled, tail: [shown], resume, definitions, streaming };
    }
    settled.push(block);
    resume = { start: skipBlankLines(text, fence.end) };
  }

  let source = text.slice(resume.start);
  let blocks = parseBlocks(source, resume, definitions);
  const split = lastSettled(blocks, text);
  const newlySettled = blocks.slice(0, split);
  settled.push(...newlySettled);

  const found = collectDefinitions(streaming ? newlySettled : blocks, text, definitions);
  if (found !== definitions) {
    definitions = found;
    relink(settled, text, definitions);
    if (resume.inside) resume = { start: resume.inside.start };
    source = text.slice(resume.start);
    blocks = parseBlocks(source, resume, definitions);
  }

  const tail = blocks.slice(split);
  const last = tail.at(-1);
  const first = tail[0];
  const next: Resume = first ? resumeAt(first, text, split === 0 ? resume : undefined) : resume;
  if (!streaming || !last) return { text, settled, tail, resume: next, definitions, streaming };

  const fixed = repair(source, tail.map((block) => block.node), resume.start);
  const shown =
    fixed === source ? tail : parseBlocks(fixed, resume, definitions).slice(split);
  return { text, settled, tail: shown, resume: next, definitions, streaming };
}

/**
 * How many of `blocks` are final: those before the last block that began on a complete line. (A
 * heading over a line of dashes can begin where the definitions above it do.)
 */
function lastSettled(blocks: readonly Block[], text: string): number {
  const lastLine = text.lastIndexOf("\n") + 1;
  for (let index = blocks.length - 1; index > 0; index -= 1) {
    const block = blocks[index];
    const before = blocks[index - 1];
    if (!block || !before || block.start < before.end) continue;
    // Lines under a definition are still read as one paragraph with it.
    if (before.node.type === "definition" && !/\n[ \t]*\n/.test(text.slice(before.end, block.start))) continue;
    if (decidingLine(block, text) < lastLine) return index;
  }
  return 0;
}

/** The start of the line that makes `block` what it is: the second line of a table, else the first. */
function decidingLine(block: Block, text: string): number {
  if (block.node.type !== "table") return block.start;
  const newline = text.indexOf("\n", block.start);
  return newline < 0 ? text.length : newline + 1;
}

/** Parses `source`, which stands at `resume.start`; positions in the result are those of the whole text. */
function parseBlocks(source: string, resume: Resume, definitions: Definitions): Block[] {
  const before = definitions.prefix.length;
  const prefix = definitions.prefix + (resume.inside?.prefix ?? "");
  const parsed = prefix + source;
  const shift = resume.start - prefix.length;
  const blocks: Block[] = [];
  for (const node of parseMarkdown(parsed).children) {
    if ((node.position?.start.offset ?? 0) < before) continue;
    shiftPositions(node, shift);
    blocks.push(toBlock(node, parsed, shift));
  }
  const first = blocks[0];
  if (resume.inside && first) {
    const { head, start } = resume.inside;
    const node = join(head, first.node);
    if (node) blocks[0] = { ...first, node, start };
  }
  return blocks;
}

/** The list or table that begins with `head` and goes on with `rest`, of which a table repeats the header. */
function join(head: List | Table, rest: RootContent): List | Table | null {
  if (head.type === "table") return rest.type === "table" ? { ...head, children: [...head.children, ...rest.children.slice(1)] } : null;
  if (rest.type !== "list") return null;
  return { ...head, spread: Boolean(head.spread) || Boolean(rest.spread), children: [...head.children, ...rest.children] };
}

function toBlock(node: RootContent, parsed: string, shift: number): Block {
  const offset = (node.position?.start.offset ?? 0) - shift;
  const lineStart = parsed.lastIndexOf("\n", offset - 1) + 1;
  return {
    start: lineStart + shift,
    end: node.position?.end.offset ?? 0,
    node,
  };
}

function fenceBlock(fence: Fence, start: number): Block {
  return { start, end: fence.end, node: fence.node };
}

/** Without a last line that may become the closing fence. */
function hideClosingFence(block: Block): Block {
  if (block.node.type !== "code") return block;
  const value = block.node.value.replace(/(^|\n) {0,3}(`{1,}|~{1,})$/, "");
  return value === block.node.value ? block : { ...block, node: { ...block.node, value } };
}

function skipBlankLines(text: string, from: number): number {
  const next = /^(?:[ \t]*\n)*/.exec(text.slice(from));
  return from + (next?.[0].length ?? 0);
}

/** Where the next parse begins for a tail whose first block is `first`. */
function resumeAt(first: Block, text: string, current: Resume | undefined): Resume {
  const begin: Resume = current?.inside ? current : { start: first.start };
  const { node } = first;
  if (node.type !== "list" && node.type !== "table") return begin;
  const lastLine = text.lastIndexOf("\n") + 1;
  const parts: readonly (ListItem | TableRow)[] = node.children;
  const index = parts.findLastIndex((part, at) => at > 0 && lineStart(part, text) < lastLine);
  const start = lineStart(parts[index], text);
  if (index < 1 || start < begin.start) return begin;

  if (node.type === "table") {
    const prefix = current?.inside?.prefix ?? text.slice(first.start, endOfLine(text, endOfLine(text, first.start)));
    return { start, inside: { head: { ...node, children: node.children.slice(0, index) }, start: first.start, prefix } };
  }
  const known = current?.inside?.head.type === "list" ? current.inside.head : undefined;
  const settled = node.children.slice(0, index);
  const apart = node.children
    .slice(known?.children.length ?? 0, index)
    .some((item, at, items) => isApart(item, items[at + 1] ?? node.children[index], text));
  const head: List = { ...node, children: settled, spread: Boolean(known?.spread) || apart };
  return { start, inside: { head, start: first.start, prefix: "" } };
}

function lineStart(part: ListItem | TableRow | undefined, text: string): number {
  const offset = part?.position?.start.offset ?? 0;
  return offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
}

/** The start of the line after the one at `from`. */
function endOfLine(text: string, from: number): number {
  const newline = text.indexOf("\n", from);
  return newline < 0 ? text.length : newline + 1;
}

/** Whether a blank line stands between two items. A later item may turn out to be none, so the list cannot tell. */
function isApart(item: ListItem, next: ListItem | undefined, text: string): boolean {
  return /\n[ \t]*\n/.test(text.slice(item.position?.end.offset, next?.position?.start.offset));
}

function collectDefinitions(
  blocks: readonly Block[],
  text: string,
  known: Definitions,
): Definitions {
  const labels = [...known.labels];
  const urls = new Map(known.urls);
  let source = known.prefix.replace(rule, "");
  for (const { node, start, end } of blocks) {
    if (node.type !== "definition" && node.type !== "footnoteDefinition") continue;
    const key = `${node.type} ${node.identifier}`;
    if (labels.includes(key)) continue;
    labels.push(key);
    if (node.type === "definition") urls.set(node.identifier, node.url);
    source += `${definitionSource(node, text.slice(start, end))}\n\n`;
  }
  return labels.length === known.labels.length ? known : { labels, urls, prefix: source + rule };
}

function definitionSource(node: Definition | FootnoteDefinition, source: string): string {
  return node.type === "definition" ? source.trim() : `[^${node.label ?? node.identifier}]: .`;
}

/** Parses those settled blocks again that may refer to a definition that came after them. */
function relink(settled: Block[], text: string, definitions: Definitions): void {
  for (const [index, block] of settled.entries()) {
    if (block.node.type === "code" || block.node.type === "math") continue;
    const source = text.slice(block.start, block.end);
    if (!source.includes("[")) continue;
    const [again, ...more] = parseBlocks(source, { start: block.start }, definitions);
    if (again && more.length === 0 && again.node.type === block.node.type) settled[index] = again;
  }
}

interface Positioned {
  position?: { start: { offset?: number | undefined }; end: { offset?: number | undefined } } | undefined;
  children?: readonly Positioned[];
}

function shiftPositions(node: Positioned, shift: number): void {
  if (node.position) {
    node.position.start.offset = (node.position.start.offset ?? 0) + shift;
    node.position.end.offset = (node.position.end.offset ?? 0) + shift;
  }
  for (const child of node.children ?? []) shiftPositions(child, shift);
}
