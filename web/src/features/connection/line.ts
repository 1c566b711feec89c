import type { Connection } from "@/lib/events/live";

/** Shorter gaps than this are not worth a word. */
export const graceMilliseconds = 2_000;

/** What the line says; null while all is well or the gap is still short. */
export type Line = { kind: "connecting" } | { kind: "waiting"; seconds: number };

export function lineOf(connection: Connection, now: number): Line | null {
  if (connection.state === "online" || now - connection.since < graceMilliseconds) return null;
  if (connection.state === "connecting") return { kind: "connecting" };
  return { kind: "waiting", seconds: Math.max(1, Math.ceil((connection.retryAt - now) / 1000)) };
}
