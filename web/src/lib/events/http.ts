import { isEvent, type Follow } from "./follow";
import { SseDecoder } from "./sse";

export type Fetch = typeof fetch;

/** How an attempt to read ended; what it read has already passed to the follow. */
export type Outcome =
  | "ended"
  /** The server ended or cut a reading that worked: go on after the last event. */
  | "cut"
  /** A stream brought less than there is, as behind a gateway that holds streams back. */
  | "held"
  | "refused"
  | "signed-out"
  | "unreachable";

/** A stream that is silent so long is checked: a model may be slow, or a gateway may hold back what it says. */
const patience = 3_000;
/** Longer than the server's heartbeat of 15 s: a stream silent so long is dead. */
const silence = 25_000;

const address = (follow: Follow) => `/api/generations/${encodeURIComponent(follow.generation)}/events`;

/**
 * Reads the events of one generation as a stream, until it ends. Whenever it is silent for a while, a small request asks
 * whether there is more than it brought; what that finds has passed to the follow, too.
 */
export async function readStream(follow: Follow, fetch: Fetch, signal: AbortSignal): Promise<Outcome> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  signal.addEventListener("abort", abort);
  let heardAt = performance.now();
  let heard = false;
  let behind = 0;
  let found: Outcome | null = null;
  const ask = async () => {
    if (performance.now() - heardAt >= silence) return abort();
    const [before, asked] = [follow.after, performance.now()];
    const outcome = await poll(follow, 0, fetch, stop.signal);
    if (stop.signal.aborted) return;
    if (outcome === "refused" || outcome === "signed-out" || outcome === "ended") found = outcome;
    // Once may be chance, unless nothing ever came.
    if (follow.after > before && heardAt < asked && (++behind > 1 || !heard)) found ??= "held";
    if (found) return abort();
    timer = setTimeout(() => void ask(), patience);
  };
  let timer = setTimeout(() => void ask(), patience);
  const hear = () => {
    heard = true;
    behind = 0;
    heardAt = performance.now();
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), patience);
  };
  try {
    const headers = { accept: "text/event-stream", "last-event-id": String(follow.after) };
    const response = await fetch(address(follow), { headers, signal: stop.signal, cache: "no-store" });
    const early = verdict(response);
    if (early) return early;
    if (!response.body) return "held";
    const decoder = new SseDecoder();
    const utf8 = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return heard ? "cut" : "held";
      hear();
      for (const { event, data, id } of decoder.feed(utf8.decode(value, { stream: true }))) {
        const read: unknown = { n: Number(id), type: event, data: parse(data) };
        if (!isEvent(read)) continue;
        if (follow.take(read) === "gap") return "cut";
        if (follow.ended) return "ended";
      }
    }
  } catch {
    if (signal.aborted) return "ended";
    if (found) return found;
    return heard || stop.signal.aborted ? "cut" : "unreachable";
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    stop.abort();
  }
}

/** Asks once for what came after the follow's last event, waiting up to `wait` seconds for the first. */
export async function poll(follow: Follow, wait: number, fetch: Fetch, signal: AbortSignal): Promise<Outcome> {
  try {
    const headers = { accept: "application/json" };
    const response = await fetch(`${address(follow)}?after=${follow.after}&wait=${wait}`, { headers, signal, cache: "no-store" });
    const early = verdict(response);
    if (early) return early;
    const batch: unknown = await response.json();
    if (typeof batch !== "object" || batch === null || !("events" in batch) || !Array.isArray(batch.events)) return "unreachable";
    for (const event of batch.events) {
      if (isEvent(event) && follow.take(event) === "gap") return "cut";
    }
    // All was read and yet there was no terminal event: it cannot be read any more.
    if (!follow.ended && "ended" in batch && batch.ended === true) return "refused";
    return follow.ended ? "ended" : "cut";
  } catch {
    return signal.aborted ? "ended" : "unreachable";
  }
}

function verdict(response: Response): Outcome | null {
  if (response.status === 204 || response.status === 404 || response.status === 410) return "refused";
  if (response.status === 401) return "signed-out";
  if (!response.ok) return "unreachable";
  return null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
