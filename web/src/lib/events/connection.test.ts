import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LiveServer } from "@/test/liveServer";
import type { Event } from "../api/types";
import { LiveConnection } from "./connection";
import { applyTurnEvent, newTurn } from "./turn";

const events: Event[] = [
  { n: 1, type: "started", data: { generation: "g", message: "m", reply: "r", model: "local/a" } },
  { n: 2, type: "text", data: { delta: "こ" } },
  { n: 3, type: "text", data: { delta: "ん" } },
  { n: 4, type: "text", data: { delta: "に" } },
  { n: 5, type: "done", data: { finish: "stop" } },
];

const begun: LiveConnection[] = [];

function read(server: LiveServer, after = 0) {
  const live = new LiveConnection(server.environment());
  begun.push(live);
  const seen: Event[] = [];
  const onLost = vi.fn();
  live.start();
  const end = live.follow("g", after, { onEvent: (event) => seen.push(event), onLost });
  return { live, seen, onLost, end };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  begun.splice(0).forEach((live) => live.stop());
  vi.useRealTimers();
});

describe("every event arrives once and in order", () => {
  it("over sockets that die after any number of events, twice", async () => {
    for (let first = 0; first <= events.length; first++) {
      for (let second = 0; second <= events.length; second++) {
        const server = new LiveServer(events);
        server.cuts = [first, second, Infinity];
        const { seen } = read(server);
        await vi.advanceTimersByTimeAsync(60_000);
        expect(seen, `${first},${second}`).toEqual(events);
      }
    }
  });

  it("over streams that end after any number of events, where sockets do not pass", async () => {
    for (let cut = 0; cut <= events.length; cut++) {
      const server = new LiveServer(events);
      server.socketsOpen = false;
      server.cuts = [Infinity, Infinity, cut, Infinity];
      const { seen, live } = read(server);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(seen, String(cut)).toEqual(events);
      expect(live.connection().state).toBe("online");
      expect(server.requests).toContain("/api/generations/g/events");
    }
  });

  it("by polling, where streams are held back", async () => {
    const server = new LiveServer(events);
    server.socketsOpen = false;
    server.streams = "held-back";
    server.cuts = [1];
    const { seen } = read(server);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(seen).toEqual(events);
    expect(server.requests.at(-1)).toContain("wait=20");
    expect(server.remembered).toBe("poll");
  });

  it("by polling, where a stream begins and is then held back", async () => {
    const server = new LiveServer(events);
    server.socketsOpen = false;
    server.streams = "stuck";
    server.cuts = [Infinity, Infinity, 1, 1, 1, Infinity];
    const { seen } = read(server);
    await vi.advanceTimersByTimeAsync(9_000);
    expect(seen).toEqual(events);
    expect(server.remembered).toBe("poll");
  });

  it("without sockets from the first, where a tab found that they do not pass", async () => {
    const server = new LiveServer(events);
    server.remembered = "poll";
    const { seen, live } = read(server);
    await vi.advanceTimersByTimeAsync(10);
    expect(seen).toEqual(events);
    expect(live.connection()).toEqual({ state: "online" });
    expect(server.sockets).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(121_000);
    expect(server.sockets, "they are tried again").toHaveLength(1);
    expect(server.remembered).toBeNull();
  });

  it("at once as a stream, where sockets are left hanging, and nobody is told", async () => {
    const server = new LiveServer(events);
    server.socketsHang = true;
    const { seen, live } = read(server);
    await vi.advanceTimersByTimeAsync(1_600);
    expect(seen).toEqual(events);
    expect(live.connection()).toEqual({ state: "online" });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(live.connection()).toEqual({ state: "online" });
    expect(server.sockets).toHaveLength(1);
  });

  it("as a stream, where sockets open and bring nothing", async () => {
    const server = new LiveServer(events);
    server.socketsDead = true;
    server.cuts = [Infinity, 1, Infinity, 1, Infinity];
    const { seen } = read(server);
    await vi.advanceTimersByTimeAsync(8_200);
    expect(seen).toEqual(events);
    expect(server.sockets).toHaveLength(2);
    expect(server.remembered).toBe("stream");
  });

  it("from where it was asked to begin", async () => {
    const { seen } = read(new LiveServer(events), 3);
    await vi.advanceTimersByTimeAsync(1000);
    expect(seen).toEqual(events.slice(3));
  });

  it("though the socket repeats events and leaves some out", async () => {
    const { seen, end, live } = read(new LiveServer([]));
    await vi.advanceTimersByTimeAsync(10);
    end();
    const server = new LiveServer(events);
    const second = read(server);
    await vi.advanceTimersByTimeAsync(5);
    const push = (n: number) => server.sockets[0]?.push({ generation: "g", ...events[n - 1] });
    [1, 1, 3, 2, 2].forEach(push);
    await vi.advanceTimersByTimeAsync(100);
    expect(second.seen).toEqual(events);
    expect(seen).toEqual([]);
    live.stop();
  });

  it("with the end of a crashed run, whose number lies above a gap", async () => {
    const crashed: Event[] = [...events.slice(0, 3), { n: 90, type: "interrupted", data: { reason: "restart", length: 3 } }];
    const { seen } = read(new LiveServer(crashed));
    await vi.advanceTimersByTimeAsync(1000);
    expect(seen).toEqual(crashed);
    expect(seen.reduce(applyTurnEvent, newTurn)).toMatchObject({ status: "interrupted", text: "こ" });
  });
});

describe("the connection", () => {
  it("is found dead when it only stays open", async () => {
    const server = new LiveServer(events);
    server.socketsDead = true;
    const { seen } = read(server);
    await vi.advanceTimersByTimeAsync(4500);
    expect(seen).toEqual(events);
    expect(server.requests).toEqual(["/api/generations/g/events?after=0&wait=0"]);
  });

  it("is opened again when HTTP knows more than a quiet socket brought", async () => {
    const server = new LiveServer(events);
    server.socketsDead = true;
    server.cuts = [Infinity, 2, Infinity];
    const { seen } = read(server);
    await vi.advanceTimersByTimeAsync(3990);
    server.socketsDead = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(seen).toEqual(events);
    expect(server.sockets).toHaveLength(2);
  });

  it("says that it is offline, waits longer each time, and comes back with a gap told", async () => {
    const server = new LiveServer(events);
    const { live } = read(server);
    const onGap = vi.fn();
    live.onGap(onGap);
    await vi.advanceTimersByTimeAsync(100);
    expect(live.connection()).toEqual({ state: "online" });
    server.socketsOpen = false;
    server.http = "down";
    server.sockets[0]?.onclose?.();
    expect(live.connection().state).toBe("connecting");
    await vi.advanceTimersByTimeAsync(30_000);
    expect(live.connection().state).toBe("offline");
    expect(server.sockets.length).toBeLessThan(12);
    expect(onGap).not.toHaveBeenCalled();
    server.socketsOpen = true;
    server.http = "working";
    live.retry();
    await vi.advanceTimersByTimeAsync(100);
    expect(live.connection()).toEqual({ state: "online" });
    expect(onGap).toHaveBeenCalledTimes(1);
  });

  it("is doubted when the network goes, though its socket stays open", async () => {
    const server = new LiveServer(events);
    const { live } = read(server);
    await vi.advanceTimersByTimeAsync(100);
    live.doubt();
    await vi.advanceTimersByTimeAsync(100);
    expect(live.connection()).toEqual({ state: "online" });
    server.http = "down";
    server.socketsHang = true;
    live.doubt();
    await vi.advanceTimersByTimeAsync(100);
    expect(live.connection().state).toBe("connecting");
  });

  it("tells of a gap when the page was away for long", async () => {
    const server = new LiveServer(events);
    const { live } = read(server);
    const onGap = vi.fn();
    live.onGap(onGap);
    await vi.advanceTimersByTimeAsync(100);
    live.resume();
    expect(onGap).toHaveBeenCalledTimes(1);
  });

  it("tells when nobody is signed in any more", async () => {
    const server = new LiveServer(events);
    server.socketsOpen = false;
    server.http = "signed-out";
    read(server);
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.signedOut).toBe(1);
    expect(server.sockets.length).toBe(1);
  });

  it("passes notices of threads on", async () => {
    const server = new LiveServer(events);
    const { live } = read(server);
    const onThread = vi.fn();
    live.onThread(onThread);
    await vi.advanceTimersByTimeAsync(10);
    server.sockets[0]?.push({ type: "thread", deleted: "t" });
    expect(onThread).toHaveBeenCalledWith({ deleted: "t" });
  });
});

describe("where sockets do not pass", () => {
  const thread = { id: "t", title: "", created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z", archived: false, head: null, running: false };

  /** A page without a running answer, whose line is remembered as a stream. */
  async function idle() {
    const server = new LiveServer([]);
    server.remembered = "stream";
    server.threads = [thread];
    const live = new LiveConnection(server.environment());
    begun.push(live);
    const onThread = vi.fn();
    const onGap = vi.fn();
    live.onThread(onThread);
    live.onGap(onGap);
    live.start();
    await vi.advanceTimersByTimeAsync(100);
    expect(onGap).toHaveBeenCalledTimes(1);
    return { server, live, onThread, onGap };
  }

  it("asks once in a while what is new, and tells only that", async () => {
    const { server, onThread, onGap } = await idle();
    const before = server.requests.length;
    server.threads = [{ ...thread, title: "新しい題" }];
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.requests.slice(before)).toHaveLength(3);
    expect(onThread).toHaveBeenCalledExactlyOnceWith({ thread: server.threads[0] });
    expect(onGap).toHaveBeenCalledTimes(1);
  });

  it("asks nothing while nobody looks, and at once when somebody does", async () => {
    const { server, live, onThread } = await idle();
    server.hidden = true;
    const before = server.requests.length;
    await vi.advanceTimersByTimeAsync(100_000);
    expect(server.requests).toHaveLength(before);
    server.hidden = false;
    server.threads = [{ ...thread, running: true }];
    live.retry();
    await vi.advanceTimersByTimeAsync(100);
    expect(onThread).toHaveBeenCalledExactlyOnceWith({ thread: server.threads[0] });
  });

  it("says that the connection is gone though no answer runs, and tells of a gap when it is back", async () => {
    const { server, live, onGap } = await idle();
    server.http = "down";
    await vi.advanceTimersByTimeAsync(21_000);
    expect(live.connection().state).toBe("offline");
    server.http = "working";
    await vi.advanceTimersByTimeAsync(21_000);
    expect(live.connection().state).toBe("online");
    expect(onGap).toHaveBeenCalledTimes(2);
  });

  it("tells when nobody is signed in any more", async () => {
    const { server } = await idle();
    server.http = "signed-out";
    await vi.advanceTimersByTimeAsync(21_000);
    expect(server.signedOut).toBe(1);
  });
});

it("tells a reader whose events are gone, however it asks", async () => {
  for (const socketsOpen of [true, false]) {
    const server = new LiveServer([]);
    server.socketsOpen = socketsOpen;
    server.http = "gone";
    const { onLost, seen } = read(server);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(onLost).toHaveBeenCalledTimes(1);
    expect(seen).toEqual([]);
  }
});
