import { expect, it } from "vitest";
import { toCsv } from "./csv";

it("writes CSV that Excel reads as UTF-8, and that runs no formula", () => {
  const csv = toCsv([["名前", 'a"b'], ["=1+1", "-5"], ["+81-3", "@SUM(A1)"], ["a,b", "-cmd"]]);
  expect(csv).toBe(`\ufeff名前,"a""b"\r\n'=1+1,-5\r\n'+81-3,'@SUM(A1)\r\n"a,b",'-cmd\r\n`);
});
