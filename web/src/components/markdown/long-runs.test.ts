import type { Nodes } from "mdast";
import * as micromark from "mdast-util-from-markdown";
import { afterEach, expect, it, vi } from "vitest";
import { advance, emptyDocument, type MarkdownDocument } from "./document";
import { canBeSet } from "./katex";
import { shorten } from "./long-runs";
import { parseMarkdown } from "./parse";

vi.mock("mdast-util-from-markdown", async (original) => {
  const actual = await original<typeof micromark>();
  return { ...actual, fromMarkdown: vi.fn(actual.fromMarkdown) };
});
const parser = vi.mocked(micromark.fromMarkdown);
afterEach(() => void parser.mockClear());

const base64 = (length: number) => btoa(Array.from({ length }, (_, index) => String.fromCharCode((index * 7_919) & 255)).join("")).slice(0, length);
const minified = (length: number) => "function(b,c){return b*c[0]+d._e(`f${g}`)&&h<i}".repeat(length / 40).slice(0, length);
const texts: [string, string][] = [
  ["one letter", "x".repeat(250_000)],
  ["one Kanji", "語".repeat(80_000)],
  ["Base64", base64(250_000)],
  ["an address", `https://example.com/${"a".repeat(50_000)}`],
  ["minified code", minified(250_000)],
];

const words = (node: Nodes): string => ("value" in node ? node.value : "children" in node ? node.children.map(words).join("") : "");
const shown = ({ settled, tail }: MarkdownDocument) => [...settled, ...tail].map(({ node }) => words(node)).join("");

/** The most characters that the parser went through in one go. */
const mostParsed = () => Math.max(...parser.mock.calls.map(([text]) => String(text).length));

it.each(texts)("parses %s of any length by its ends, and shows all of it", (_, text) => {
  let document = emptyDocument;
  while (document.text !== text) document = advance(document, text, false);

  expect(mostParsed()).toBeLessThan(8_100);
  expect(parser.mock.calls.length).toBeLessThan(40);
  expect(parser.mock.lastCall?.[0].length).toBeLessThan(2_300);
  expect(shown(document).length).toBeGreaterThan(text.length * 0.95);
  expect(document.tail.at(-1)?.end).toBe(text.length);
}, 20_000);

it("parses little of a long word at each step of a stream", () => {
  const text = `**Key**: ${base64(20_000)} ends.`;
  let document = emptyDocument;
  for (let end = 10; end < text.length; end += 100) document = advance(document, text.slice(0, end), true);
  document = advance(document, text, false);

  expect(mostParsed()).toBeLessThan(1_000);
  expect(shown(document)).toBe(text.replaceAll("**", ""));
}, 20_000);

it("keeps the marks around long words, and the places of what it parsed", () => {
  const long = "a1".repeat(1_000);
  const root = parseMarkdown(`- **${long}** [${long}](https://example.com/${long}) \`${long}\`\n\n\`\`\`${long}\n${long}\n\`\`\`\n`);

  const [list, code] = root.children;
  const paragraph = list?.type === "list" ? list.children[0]?.children[0] : undefined;
  const inline = paragraph?.type === "paragraph" ? paragraph.children : [];
  expect(inline.map(({ type }) => type)).toEqual(["strong", "text", "link", "text", "inlineCode"]);
  expect(inline[2]).toMatchObject({ url: `https://example.com/${long}` });
  expect(inline[4]).toMatchObject({ value: long, position: { end: { offset: 2 + 2_004 + 1 + 4_024 + 1 + 2_002 } } });
  expect(code).toMatchObject({ type: "code", lang: long, value: long });
});

it("shortens a line whose words were shortened, without cutting a sign apart", () => {
  const line = `${"b".repeat(300)} `.repeat(200);
  for (let shift = 0; shift < 100; shift += 3) {
    const text = "-".repeat(shift) + line + "-".repeat(shift);
    const { text: short, restore } = shorten(text);
    const node = { type: "text", value: short };
    restore(node);
    expect(short.length).toBeLessThan(2_300);
    expect(node.value).toBe(text);
  }
}, 20_000);

it("leaves texts alone that hold nothing long", () => {
  const text = "語".repeat(256) + "。" + "**b**\n".repeat(3_000);
  expect(shorten(text).text).toBe(text);
});

it.each([
  [">".repeat(2_000)], ["- ".repeat(2_000)], ["[".repeat(10_000)], ["*".repeat(10_000)], ["![".repeat(5_000)], ["_".repeat(10_000)],
])("gives the parser nothing of a text without sense", (text) => {
  let document = emptyDocument;
  while (document.text !== text) document = advance(document, text, false);
  expect(parser).not.toHaveBeenCalled();
  expect(shown(document)).toBe(text);
});

it("sets no formula that is nested deeply", () => {
  const nested = (depth: number) => "\\frac{1}{".repeat(depth) + "x" + "}".repeat(depth);
  expect(canBeSet(nested(40))).toBe(true);
  expect(canBeSet("\\{".repeat(200))).toBe(true);
  expect(canBeSet("\\leftarrow ".repeat(200))).toBe(true);
  for (const depth of [51, 300, 5_000]) expect(canBeSet(nested(depth))).toBe(false);
  for (const part of ["{", "\\left(", "\\begin{matrix}", "x^{"]) expect(canBeSet(part.repeat(300))).toBe(false);
});
