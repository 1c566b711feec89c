import { describe, expect, test } from "vitest";
import { userChanges, userPatch } from "./userChanges";

const before = { name: "花子", role: "user", disabled: false } as const;

describe("what saving a user will do", () => {
  test("nothing changed is nothing to save", () => {
    expect(userChanges(before, { ...before, password: "" })).toEqual([]);
    expect(userChanges(before, { ...before, name: " 花子 ", password: "" })).toEqual([]);
  });

  test("each change is said", () => {
    const changes = userChanges(before, { name: "はなこ", role: "administrator", disabled: true, password: "new password" });
    expect(changes).toEqual([
      { kind: "name", to: "はなこ" },
      { kind: "role", from: "user", to: "administrator" },
      { kind: "disable" },
      { kind: "password" },
    ]);
  });

  test("only what changed is sent, and a password never travels with the rest", () => {
    const changes = userChanges({ ...before, disabled: true }, { ...before, password: "new password" });
    expect(userPatch(changes)).toEqual({ disabled: false });
    expect(userPatch([])).toEqual({});
  });
});
