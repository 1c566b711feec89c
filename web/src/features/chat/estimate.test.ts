import { expect, it } from "vitest";
import { newQuestion, type Item } from "./conversation";
import { estimateHeight } from "./estimate";

const item = (text: string): Item => newQuestion("q", null, text, [], "2026-01-01T00:00:00Z");

it("counts the lines of a text, an empty one as half", () => {
  const one = estimateHeight(item("a"), 760);
  expect(estimateHeight(item("a\nb"), 760) - one).toBe(28);
  expect(estimateHeight(item("a\n\nb"), 760) - one).toBe(42);
  expect(estimateHeight(item("a".repeat(200)), 760)).toBeGreaterThan(one + 28);
  expect(estimateHeight(item("a\n"), 760) - one).toBe(14);
});

it("reads the text of a message once a width", () => {
  let reads = 0;
  const counted = Object.defineProperty(item(""), "text", { get: () => (reads++, "a\nb") });
  const first = estimateHeight(counted, 760);
  const after = reads;
  expect(estimateHeight(counted, 760)).toBe(first);
  expect(reads).toBe(after);
  estimateHeight(counted, 320);
  expect(reads).toBeGreaterThan(after);
});
