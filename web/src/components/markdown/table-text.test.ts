import type { Table } from "mdast";
import { expect, it } from "vitest";
import { parseMarkdown } from "./parse";
import { tableCells, toTsv } from "./table-text";

const cells = (source: string) => tableCells(parseMarkdown(source).children[0] as Table);

it("gives the cells without marks", () => {
  expect(cells("| **a** | `b` |\n|---|---|\n| [c](https://example.com) | $x$<br>y |")).toEqual([
    ["a", "b"],
    ["c", "x\ny"],
  ]);
});

it("keeps a row in one line for the clipboard", () => {
  expect(toTsv([["a\tb", "c\nd"], ["e", ""]])).toBe("a b\tc d\ne\t");
});
