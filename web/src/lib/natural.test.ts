import { expect, it } from "vitest";
import { byName } from "./natural";

const sorted = (language: string, ...names: string[]) => byName(names, (name) => name, language);

it("lists names as people count and spell", () => {
  expect(sorted("ja", "m-30", "M-29", "m-3", "b", "A", "あ")).toEqual(["A", "b", "m-3", "M-29", "m-30", "あ"]);
  expect(sorted("en", "gpt-4.1", "gpt-4o", "gpt-4", "claude-10", "claude-9")).toEqual(["claude-9", "claude-10", "gpt-4", "gpt-4.1", "gpt-4o"]);
});

it("leaves alone what it was given", () => {
  const names = ["b", "a"];
  byName(names, (name) => name, "ja");
  expect(names).toEqual(["b", "a"]);
});
