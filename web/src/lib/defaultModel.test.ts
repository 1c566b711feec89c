import { expect, it } from "vitest";
import type { Model } from "./api/types";
import { defaultModel } from "./defaultModel";

const model = (id: string, state: Model["state"] = "ready"): Model => ({ id, name: id, provider: id.split("/")[0] ?? "", state });
const named = (default_model: string | null) => ({ default_model });

it("is the one that the administrator names, whatever there is", () => {
  expect(defaultModel(named("b/x"), [model("a/x")])).toBe("b/x");
});

it("is else the first that is ready, before those that are not and the built-in one", () => {
  const builtin = model("builtin/echo");
  expect(defaultModel(named(null), [builtin, model("a/x", "unreachable"), model("b/x")])).toBe("b/x");
  expect(defaultModel(named(null), [builtin, model("a/x", "unreachable")])).toBe("a/x");
  expect(defaultModel(named(null), [builtin])).toBe("builtin/echo");
});

it("is not known before there are models", () => {
  expect([defaultModel(undefined, undefined), defaultModel(named(null), [])]).toEqual([null, null]);
});
