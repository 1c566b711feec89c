/** The heading a thread stands under in the sidebar. Months are 1 to 12. */
export type Day =
  | { kind: "today" }
  | { kind: "yesterday" }
  | { kind: "week" }
  | { kind: "month"; year: number; month: number };

export interface DayGroup<T> {
  key: string;
  day: Day;
  items: T[];
}

const weekDays = 7;

function startOfDay(now: Date, daysBack: number): number {
  // The Date constructor, not arithmetic on milliseconds: a day is 23 or 25 hours long when clocks change.
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysBack).getTime();
}

/** The day of `time` seen from `now`, both in the reader's own time zone. The future counts as today: clocks differ. */
export function dayOf(time: Date, now: Date): Day {
  const at = time.getTime();
  if (at >= startOfDay(now, 0)) return { kind: "today" };
  if (at >= startOfDay(now, 1)) return { kind: "yesterday" };
  if (at >= startOfDay(now, weekDays)) return { kind: "week" };
  return { kind: "month", year: time.getFullYear(), month: time.getMonth() + 1 };
}

function keyOf(day: Day): string {
  return day.kind === "month" ? `${day.year}-${String(day.month).padStart(2, "0")}` : day.kind;
}

/** Groups `items` by day, in the order given; each day appears once even where the order is not by time. */
export function groupByDay<T extends { updated_at: string }>(items: readonly T[], now: Date): DayGroup<T>[] {
  const groups = new Map<string, DayGroup<T>>();
  for (const item of items) {
    const day = dayOf(new Date(item.updated_at), now);
    const key = keyOf(day);
    const group = groups.get(key);
    if (group) group.items.push(item);
    else groups.set(key, { key, day, items: [item] });
  }
  return [...groups.values()];
}

/** Milliseconds until the headings become wrong: the reader's next midnight. */
export function untilTomorrow(now: Date): number {
  return startOfDay(now, -1) - now.getTime();
}
