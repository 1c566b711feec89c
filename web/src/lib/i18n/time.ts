/** The day a time falls on for the reader, as the sidebar groups threads. */
export type DayGroup = { kind: "today" | "yesterday" | "week" } | { kind: "month"; year: number; month: number };

const day = 86_400_000;

export function dayGroup(time: string, now: Date): DayGroup {
  const then = new Date(time);
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (then >= midnight) return { kind: "today" };
  if (then >= yesterday) return { kind: "yesterday" };
  if (midnight.getTime() - then.getTime() < 6.5 * day) return { kind: "week" };
  return { kind: "month", year: then.getFullYear(), month: then.getMonth() + 1 };
}

/** Seconds as people say them: one decimal below ten. */
export function seconds(ms: number): string {
  const value = ms / 1000;
  return value < 9.95 ? value.toFixed(1) : Math.round(value).toString();
}
