import type { Table } from "mdast";
import { expect, it } from "vitest";
import { parseMarkdown } from "./parse";
import { tableCells, toCsv, toTsv } from "./table-text";

const cells = (source: string) => tableCells(parseMarkdown(source).children[0] as Table);

it("gives the cells without marks", () => {
  expect(cells("| **a** | `b` |\n|---|---|\n| [c](https://example.com) | $x$<br>y |")).toEqual([
    ["a", "b"],
    ["c", "x\ny"],
  ]);
});

it("writes CSV that Excel reads as UTF-8, and that runs no formula", () => {
  const csv = toCsv([["名前", 'a"b'], ["=1+1", "-5"], ["+81-3", "@SUM(A1)"], ["a,b", "-cmd"]]);
  expect(csv).toBe(`\ufeff名前,"a""b"\r\n'=1+1,-5\r\n'+81-3,'@SUM(A1)\r\n"a,b",'-cmd\r\n`);
});

it("keeps a row in one line for the clipboard", () => {
  expect(toTsv([["a\tb", "c\nd"], ["e", ""]])).toBe("a b\tc d\ne\t");
});
