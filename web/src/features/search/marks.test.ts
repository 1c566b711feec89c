import { describe, expect, test } from "vitest";
import { splitMarks } from "./marks";

const shown = (text: string, marks: number[][]) =>
  splitMarks(text, marks)
    .map((piece) => (piece.marked ? `[${piece.text}]` : piece.text))
    .join("");

describe("splitMarks", () => {
  test("marks what the server found", () => {
    expect(shown("東京の天気は晴れです", [[3, 5]])).toBe("東京の[天気]は晴れです");
  });

  test("a pair of surrogates is two units and never cut", () => {
    expect(shown("𠮷野家の🍜と牛丼", [[0, 2], [5, 7]])).toBe("[𠮷]野家の[🍜]と牛丼");
    expect(shown("𠮷野家の🍜と牛丼", [[1, 3]])).toBe("[𠮷野]家の🍜と牛丼");
  });

  test("joins marks that touch or overlap, in any order", () => {
    expect(shown("abcdef", [[3, 5], [1, 3], [2, 4]])).toBe("a[bcde]f");
  });

  test("keeps every character whatever the marks are", () => {
    for (const marks of [[], [[-3, 2]], [[4, 99]], [[3, 1]], [[]], [[7, 9]]]) {
      expect(splitMarks("abcdef", marks).map((piece) => piece.text).join("")).toBe("abcdef");
    }
    expect(shown("abcdef", [[-3, 2]])).toBe("[ab]cdef");
    expect(shown("abcdef", [[4, 99]])).toBe("abcd[ef]");
    expect(splitMarks("", [[0, 1]])).toEqual([]);
  });
});
