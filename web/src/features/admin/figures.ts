import type { ActivityPeriod } from "@/lib/api/types";

/** What a person looks at: the newest first, without the periods in which nothing was asked. */
export function busyPeriods(periods: readonly ActivityPeriod[]): ActivityPeriod[] {
  return periods.filter(({ requests }) => requests > 0).reverse();
}

export interface Sums {
  requests: number;
  failures: number;
  /** The slowest of all, in milliseconds; null when no call got so far. */
  slowest: number | null;
}

export function sums(periods: readonly ActivityPeriod[]): Sums {
  const slowest = periods.flatMap(({ slowest_first_token_ms }) => slowest_first_token_ms ?? []);
  return {
    requests: periods.reduce((sum, { requests }) => sum + requests, 0),
    failures: periods.reduce((sum, { failures }) => sum + failures, 0),
    slowest: slowest.length === 0 ? null : Math.max(...slowest),
  };
}

const columns = ["time", "requests", "failures", "first_token_ms", "slowest_first_token_ms"] as const;

/** Every period, oldest first, under the names of the API: a program reads it too. */
export function activityRows(periods: readonly ActivityPeriod[]): string[][] {
  return [[...columns], ...periods.map((period) => columns.map((column) => String(period[column] ?? "")))];
}
