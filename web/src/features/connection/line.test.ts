import { expect, test } from "vitest";
import { graceMilliseconds, lineOf } from "./line";

test("a good connection says nothing", () => {
  expect(lineOf({ state: "online" }, 0)).toBeNull();
});

test("a short gap says nothing, a longer one what is going on", () => {
  const connection = { state: "connecting", since: 1_000, attempt: 1 } as const;
  expect(lineOf(connection, 1_000 + graceMilliseconds - 1)).toBeNull();
  expect(lineOf(connection, 1_000 + graceMilliseconds)).toEqual({ kind: "connecting" });
});

test("a wait counts down and never to zero", () => {
  const connection = { state: "offline", since: 0, retryAt: 9_500 } as const;
  expect(lineOf(connection, 5_000)).toEqual({ kind: "waiting", seconds: 5 });
  expect(lineOf(connection, 9_400)).toEqual({ kind: "waiting", seconds: 1 });
  expect(lineOf(connection, 12_000)).toEqual({ kind: "waiting", seconds: 1 });
});
