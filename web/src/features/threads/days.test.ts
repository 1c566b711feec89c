import { describe, expect, test } from "vitest";
import { dayOf, groupByDay, untilTomorrow } from "./days";

const now = new Date(2026, 2, 10, 9, 30);
const at = (...parts: [number, number, number, number?, number?]) => ({
  updated_at: new Date(...parts).toISOString(),
});

describe("days", () => {
  test("midnight belongs to the day it begins", () => {
    expect(dayOf(new Date(2026, 2, 10, 0, 0), now)).toEqual({ kind: "today" });
    expect(dayOf(new Date(2026, 2, 9, 23, 59), now)).toEqual({ kind: "yesterday" });
    expect(dayOf(new Date(2026, 2, 9, 0, 0), now)).toEqual({ kind: "yesterday" });
    expect(dayOf(new Date(2026, 2, 8, 23, 59), now)).toEqual({ kind: "week" });
  });

  test("the seventh day back is still the week, the eighth its month", () => {
    expect(dayOf(new Date(2026, 2, 3, 0, 0), now)).toEqual({ kind: "week" });
    expect(dayOf(new Date(2026, 2, 2, 23, 59), now)).toEqual({ kind: "month", year: 2026, month: 3 });
    expect(dayOf(new Date(2025, 11, 31), now)).toEqual({ kind: "month", year: 2025, month: 12 });
  });

  test("a server clock that is ahead shows as today", () => {
    expect(dayOf(new Date(2026, 2, 11, 5, 0), now)).toEqual({ kind: "today" });
  });

  test("the week crosses a month's end", () => {
    expect(dayOf(new Date(2026, 1, 25), new Date(2026, 2, 3, 8))).toEqual({ kind: "week" });
  });

  test("groups keep the order of the list and name each day once", () => {
    const items = [at(2026, 2, 10, 9), at(2026, 2, 10, 1), at(2026, 2, 9), at(2026, 2, 5), at(2026, 1, 1), at(2025, 1, 1)];
    const groups = groupByDay(items, now);
    expect(groups.map((group) => group.key)).toEqual(["today", "yesterday", "week", "2026-02", "2025-02"]);
    expect(groups.flatMap((group) => group.items)).toEqual(items);
  });

  test("an item out of order joins the day it belongs to", () => {
    const groups = groupByDay([at(2026, 2, 10), at(2026, 2, 9), at(2026, 2, 10)], now);
    expect(groups.map((group) => [group.key, group.items.length])).toEqual([["today", 2], ["yesterday", 1]]);
  });

  test("the headings change at the next midnight", () => {
    expect(untilTomorrow(new Date(2026, 2, 10, 23, 59, 0))).toBe(60_000);
  });
});
