import { expect, test } from "vitest";
import { back, cursorOf, firstPage, forward, pageNumber } from "./cursors";

test("a keyset list is read forwards and back by the cursors already seen", () => {
  const third = forward(forward(firstPage, "b"), "c");
  expect([cursorOf(third), pageNumber(third)]).toEqual(["c", 3]);
  expect([cursorOf(back(third)), pageNumber(back(third))]).toEqual(["b", 2]);
  expect(cursorOf(back(back(third)))).toBeNull();
});

test("before the first page is the first page", () => {
  expect(back(firstPage)).toBe(firstPage);
});
