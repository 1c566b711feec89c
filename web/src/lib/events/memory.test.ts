import { afterEach, expect, it } from "vitest";
import { recallLine, rememberLine } from "./memory";

afterEach(() => sessionStorage.clear());

it("recalls what passed for half an hour, until it is taken back", () => {
  rememberLine("poll", 0);
  expect(recallLine(29 * 60_000)).toBe("poll");
  expect(recallLine(31 * 60_000)).toBeNull();
  rememberLine(null);
  expect(recallLine(0)).toBeNull();
});

it.each(["", "null", "1", '{"line":"pigeon","until":9e15}', '{"line":"poll"}'])("takes nothing from %j", (stored) => {
  sessionStorage.setItem("kaiwa.line", stored);
  expect(recallLine(0)).toBeNull();
});
