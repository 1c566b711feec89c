import type { Node } from "mdast";
import { expect, it } from "vitest";
import { advance, emptyDocument, type MarkdownDocument } from "./document";
import { parseMarkdown } from "./parse";

/** What a document shows, without positions. */
function shape(nodes: readonly Node[]): string {
  return JSON.stringify(nodes, (key, value: unknown) => (key === "position" ? undefined : value), 1);
}
const blocksOf = (document: MarkdownDocument) =>
  [...document.settled, ...document.tail].map((block) => block.node);

function finish(document: MarkdownDocument, text: string): MarkdownDocument {
  let next = advance(document, text, false);
  while (next.text !== text) next = advance(next, text, false);
  return next;
}

function stream(text: string, cuts: Iterable<number>): MarkdownDocument {
  let document = emptyDocument;
  for (const cut of cuts) document = advance(document, text.slice(0, cut), true);
  return finish(document, text);
}

/** A small seeded generator (mulberry32), so that a failure can be run again. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const pieces = [
  "# 見出し\n", "## Heading **bold**\n", "text", "これは**「太字」**です。", "\n", "\n\n", " ", "- item\n", "- \n",
  "  - nested\n", "1. first\n", "2. second\n", "10) tenth\n", "* star\n", "   continued\n", "> quote\n", "> - in quote\n", "```js\ncode\n```\n",
  "```\nopen\n", "~~~\ntilde\n~~~\n", "  ```py\n  x = 1\n  ```\n", "| a | b |\n", "|---|:-:|\n", "| 1 | 2 |\n", "| 3 | **b** |\n", "| 4 |\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", "---\n", "===\n", "***\n",
  "$$\nx = y\n$$\n", "$$ a $$\n", "\\[\nb\n\\]\n", "$x^2$", "`code`", "[link](https://example.com)", "[ref]", "[ref]: https://example.com\n",
  "<div>\n", "</div>\n", "<!-- c -->", "- [ ] task\n", "- [x] done\n", "[^1]", "[^1]: note\n", "**", "*", "_", "~~", "`", "$", "#", "\\",
];

it("gives the same blocks as parsing the whole text, however it arrives", () => {
  const next = random(20_250_101);
  for (let round = 0; round < 200; round += 1) {
    let text = "";
    const count = 2 + Math.floor(next() * 14);
    for (let i = 0; i < count; i += 1) text += pieces[Math.floor(next() * pieces.length)] ?? "";
    const cuts: number[] = [];
    for (let cut = 1; cut < text.length; cut += 1 + Math.floor(next() * 6)) cuts.push(cut);

    const streamed = stream(text, cuts);

    expect(shape(blocksOf(streamed)), JSON.stringify(text)).toBe(shape(parseMarkdown(text).children));
  }
}, 30_000);
