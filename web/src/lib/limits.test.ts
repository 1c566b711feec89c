import { expect, it } from "vitest";
import { isLongerThan, longestText, mostTokens, tokensOf } from "./limits";

it.each([
  ["", false],
  ["a".repeat(longestText), false],
  ["a".repeat(longestText + 1), true],
  ["あ".repeat(87_381), false],
  ["あ".repeat(87_382), true],
])("counts bytes, as the server does (%#)", (text, longer) => expect(isLongerThan(longestText, text)).toBe(longer));

it.each([
  ["", undefined],
  ["1", 1],
  ["１０００", 1000],
  ["10,000", 10_000],
  [String(mostTokens), mostTokens],
  [String(mostTokens + 1), null],
  ["999999999999", null],
  ["0", null],
  ["-5", null],
  ["1.5", null],
  ["1e3", null],
  ["abc", null],
])("reads a limit of %j tokens", (text, tokens) => expect(tokensOf(text)).toBe(tokens));
