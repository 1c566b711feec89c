import { beforeEach, expect, it } from "vitest";
import { takeOver } from "./person";

beforeEach(() => localStorage.clear());

it("tells that somebody else was here, once", () => {
  expect(takeOver("hana"), "nobody was").toBe(false);
  expect(takeOver("hana"), "the same person").toBe(false);
  expect(takeOver("taro")).toBe(true);
  expect(takeOver("taro")).toBe(false);
});
