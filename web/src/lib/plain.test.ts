import { expect, it } from "vitest";
import { plainText } from "./plain";

it.each([
  ["## 1. 見出し\n\n本文", "1. 見出し\n\n本文"],
  ["はい。**光化学反応**で`I`が~~減る~~増える", "はい。光化学反応でIが減る増える"],
  ["- 一\n- [x] 二\n> 三\n1. 四", "一\n二\n三\n四"],
  ["人工光合成の[研究の現状](https://example.com/a)です", "人工光合成の研究の現状です"],
  ["```python\nx = 1\n```", "\nx = 1\n"],
  ["3*4 と snake_case と $5 (括弧) [注]", "3*4 と snake_case と $5 (括弧) [注]"],
  ["途中の**太", "途中の太"],
])("says %j as %j", (markdown, plain) => expect(plainText(markdown)).toBe(plain));

it("keeps characters of two units whole", () => expect(plainText("**𠮷野家**👩‍👩‍👧")).toBe("𠮷野家👩‍👩‍👧"));

it("takes no longer for a long word than its length", () => {
  const began = performance.now();
  plainText("a".repeat(400_000));
  expect(performance.now() - began).toBeLessThan(1_000);
});
