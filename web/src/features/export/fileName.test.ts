import { expect, it } from "vitest";
import { fileName } from "./fileName";

it.each([
  [`attachment; filename="notes.md"`, "notes.md"],
  [`attachment; filename=notes.md`, "notes.md"],
  [`attachment; filename="notes.md"; filename*=UTF-8''%E4%BC%9A%E8%AD%B0.md`, "会議.md"],
  [`attachment; filename="../../etc/passwd"`, "_.._etc_passwd"],
  [`attachment; filename*=UTF-8''%E4%BC`, "chat.md"],
  [`attachment`, "chat.md"],
  [null, "chat.md"],
])("takes from %j the name %j", (disposition, expected) => {
  expect(fileName(disposition, "chat.md")).toBe(expected);
});
