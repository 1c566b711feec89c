import type { Line } from "./connection";

const key = "kaiwa.line";
/** A network is asked anew after so long. */
const validFor = 30 * 60_000;

/** What the network of this tab let through, so that a reload goes on without finding it out again. */
export function recallLine(now = Date.now()): Line | null {
  try {
    const { line, until } = JSON.parse(sessionStorage.getItem(key) ?? "{}") as { line?: unknown; until?: unknown };
    return (line === "stream" || line === "poll") && typeof until === "number" && now < until ? line : null;
  } catch {
    return null;
  }
}

export function rememberLine(line: Line | null, now = Date.now()): void {
  try {
    if (line === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify({ line, until: now + validFor }));
  } catch {
    // Without storage it is found out again.
  }
}
