import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { api, body, patience } from "./client";

let asked: AbortSignal | undefined;

/** A network on which nothing arrives and nothing fails. */
function hang(_: Request, init?: RequestInit): Promise<Response> {
  asked = init?.signal ?? undefined;
  return new Promise((_resolve, reject) => asked?.addEventListener("abort", () => reject(asked?.reason as Error)));
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("takes what has no answer in time for what did not arrive, and ends it", async () => {
  vi.stubGlobal("fetch", hang);
  const failed = body(api.GET("/api/session")).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(patience);
  expect(await failed).toMatchObject({ code: "network", status: 0 });
  expect(asked?.aborted).toBe(true);
});

it("lets the body of an answer take its time", async () => {
  const late = new ReadableStream<Uint8Array>({
    start: (stream) => void setTimeout(() => {
      stream.enqueue(new TextEncoder().encode('{"needed":true}'));
      stream.close();
    }, 2 * patience),
  });
  vi.stubGlobal("fetch", (_: Request, init?: RequestInit) => {
    asked = init?.signal ?? undefined;
    return Promise.resolve(new Response(late));
  });
  const read = body(api.GET("/api/setup"));
  await vi.advanceTimersByTimeAsync(2 * patience);
  expect(await read).toEqual({ needed: true });
  expect(asked?.aborted).toBe(false);
});

it("still ends what its caller gives up, as given up", async () => {
  vi.stubGlobal("fetch", hang);
  const stop = new AbortController();
  const failed = body(api.GET("/api/session", { signal: stop.signal })).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(0);
  stop.abort();
  expect(await failed).toMatchObject({ name: "AbortError" });
});
