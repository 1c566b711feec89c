const base = 400;
const cap = 15_000;

/** Milliseconds before the next attempt: exponential with full jitter, so that a crowd of tabs does not come back at once. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(cap, base * 2 ** Math.min(attempt, 10));
  return Math.round(100 + random() * ceiling);
}
