import { expect, test } from "vitest";
import { activityRows, busyPeriods, sums } from "./figures";

const empty = { time: "2026-11-01T00:00:00.000Z", requests: 0, failures: 0, first_token_ms: null, slowest_first_token_ms: null };
const busy = { time: "2026-11-01T00:15:00.000Z", requests: 4, failures: 1, first_token_ms: 120, slowest_first_token_ms: 300 };
const failing = { ...empty, time: "2026-11-01T00:30:00.000Z", requests: 2, failures: 2 };

test("the table begins with the newest and leaves out where nothing was asked", () => {
  expect(busyPeriods([empty, busy, failing])).toEqual([failing, busy]);
});

test("the figures of a span are summed", () => {
  expect(sums([empty, busy, failing])).toEqual({ requests: 6, failures: 3, slowest: 300 });
  expect(sums([empty, failing])).toEqual({ requests: 2, failures: 2, slowest: null });
  expect(sums([])).toEqual({ requests: 0, failures: 0, slowest: null });
});

test("a file holds every period, and nothing where there was no time", () => {
  expect(activityRows([empty, busy])).toEqual([
    ["time", "requests", "failures", "first_token_ms", "slowest_first_token_ms"],
    ["2026-11-01T00:00:00.000Z", "0", "0", "", ""],
    ["2026-11-01T00:15:00.000Z", "4", "1", "120", "300"],
  ]);
});
