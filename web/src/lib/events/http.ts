import { isEvent, type Follow } from "./follow";
import { SseDecoder } from "./sse";

export type Fetch = typeof fetch;

/** How an attempt to read ended; what it read has already passed to the follow. */
export type Outcome =
  | "ended"
  /** The server ended or cut a reading that worked: go on after the last event. */
  | "cut"
  /** Nothing came through, as behind a gateway that holds streams back. */
  | "silent"
  | "refused"
  | "signed-out"
  | "unreachable";

/** Longer than the server's heartbeat of 15 s. */
const silence = 25_000;

const address = (follow: Follow) => `/api/generations/${encodeURIComponent(follow.generation)}/events`;

/** Reads the events of one generation as a stream, until it ends. */
export async function readStream(follow: Follow, fetch: Fetch, signal: AbortSignal): Promise<Outcome> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  signal.addEventListener("abort", abort);
  let heard = false;
  let timer = setTimeout(abort, silence);
  const hear = () => {
    heard = true;
    clearTimeout(timer);
    timer = setTimeout(abort, silence);
  };
  try {
    const headers = { accept: "text/event-stream", "last-event-id": String(follow.after) };
    const response = await fetch(address(follow), { headers, signal: stop.signal, cache: "no-store" });
    const early = verdict(response);
    if (early) return early;
    if (!response.body) return "silent";
    const decoder = new SseDecoder();
    const utf8 = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return heard ? "cut" : "silent";
      hear();
      for (const { event, data, id } of decoder.feed(utf8.decode(value, { stream: true }))) {
        const found: unknown = { n: Number(id), type: event, data: parse(data) };
        if (!isEvent(found)) continue;
        if (follow.take(found) === "gap") return "cut";
        if (follow.ended) return "ended";
      }
    }
  } catch {
    if (signal.aborted) return "ended";
    return stop.signal.aborted ? (heard ? "cut" : "silent") : heard ? "cut" : "unreachable";
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
    if (typeof batch !== "object" || batch === null || !("events" in batch) || !Array.isArray(batch.events)) return "silent";
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
