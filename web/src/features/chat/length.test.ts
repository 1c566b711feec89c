import { expect, it } from "vitest";
import { isTooLong, longestText } from "./length";

it.each([
  ["", false],
  ["a".repeat(longestText), false],
  ["a".repeat(longestText + 1), true],
  ["あ".repeat(87_381), false],
  ["あ".repeat(87_382), true],
])("counts bytes, as the server does (%#)", (text, tooLong) => expect(isTooLong(text)).toBe(tooLong));
