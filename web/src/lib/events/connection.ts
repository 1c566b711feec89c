import type { ClientFrame, ServerFrame } from "../api/types";
import { backoff } from "./backoff";
import { Follow, isEvent } from "./follow";
import { poll, readStream, type Fetch } from "./http";
import type { Connection, Live, Reader, ThreadNotice } from "./live";
import { Newest, readNewest } from "./newest";

/** What carries events where sockets do not pass. */
export type Line = "stream" | "poll";

export interface Environment {
  /** Opens the WebSocket; injected so that tests can play the server. */
  socket: () => WebSocket;
  fetch: Fetch;
  random: () => number;
  now: () => number;
  /** Nobody looks at the page now. */
  hidden: () => boolean;
  /** What this network was found to let through; asked at the start, so that a reload need not find it out again. */
  recall: () => Line | null;
  remember: (line: Line | null) => void;
  /** The server says that nobody is signed in. */
  onSignedOut: () => void;
}

/** How long an opening may take. */
const openDeadline = 8_000;
/** An opening that takes so long is not waited for, where HTTP works. */
const openPatience = 1_500;
/** A followed generation that stays silent so long is asked for over HTTP, since a dead socket does not say so. */
const quietBeforeCheck = 4_000;
/** Openings that fail, with HTTP working, before the fallback is used. */
const failuresBeforeFallback = 2;
/** While in the fallback, the socket is tried again now and then. */
const socketRetry = 120_000;
/** The newest threads are read so often while no notices come. */
const noticePolling = 20_000;

/** WebSocket first; a stream for each generation when sockets do not pass; long polling when streams do not either. */
export class LiveConnection implements Live {
  #state: Connection = { state: "online" };
  #follows = new Map<string, Follow>();
  #readers = new Map<string, AbortController>();
  #heard = new Map<string, number>();
  #socket: WebSocket | null = null;
  #mode: "socket" | Line = "socket";
  #failures = 0;
  /** How often HTTP knew more than an open socket had brought, since one last brought something. */
  #deaf = 0;
  #attempt = 0;
  #missed = false;
  #newest = new Newest();
  #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #states = new Set<() => void>();
  #notices = new Set<(notice: ThreadNotice) => void>();
  #gaps = new Set<() => void>();
  #running = false;

  constructor(private readonly environment: Environment) {}

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#state = { state: "connecting", since: this.environment.now(), attempt: 0 };
    const line = this.environment.recall();
    if (line === null) return this.#connect();
    this.#fallBack(line);
    this.#after("reconnect", socketRetry, () => this.#connect());
  }

  stop(): void {
    this.#running = false;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const reader of this.#readers.values()) reader.abort();
    this.#readers.clear();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  connection(): Connection {
    return this.#state;
  }

  onConnection(listener: () => void): () => void {
    return add(this.#states, listener);
  }

  onThread(listener: (notice: ThreadNotice) => void): () => void {
    return add(this.#notices, listener);
  }

  onGap(listener: () => void): () => void {
    return add(this.#gaps, listener);
  }

  retry(): void {
    if (!this.#running) return;
    this.#attempt = 0;
    if (this.#mode !== "socket") void this.#look();
    if (this.#socket === null) this.#connect();
    else if (this.#follows.size > 0) this.#check();
    else this.doubt();
  }

  /** Somebody says that the network is gone, or may be: a small request tells, since a dead socket does not. */
  doubt(): void {
    const socket = this.#socket;
    if (!socket) return;
    void this.#probe().then((status) => {
      if (status === 0 && this.#socket === socket) this.#renew(socket);
    });
  }

  /** The page was away for long enough to have missed something. */
  resume(): void {
    this.retry();
    this.#gaps.forEach((listener) => listener());
  }

  follow(generation: string, after: number, reader: Reader): () => void {
    this.#drop(generation);
    const follow = new Follow(generation, after, reader);
    this.#follows.set(generation, follow);
    if (this.#mode === "socket") this.#ask(follow);
    else void this.#read(follow);
    return () => {
      if (this.#follows.get(generation) !== follow) return;
      this.#drop(generation);
      this.#send({ unfollow: generation });
    };
  }

  // --- the socket

  #connect(): void {
    if (!this.#running || this.#socket) return;
    this.#clear("reconnect");
    const socket = this.environment.socket();
    this.#socket = socket;
    let opened = false;
    const current = () => this.#socket === socket;
    const down = () => {
      if (!current()) return;
      this.#socket = null;
      this.#clear("open");
      socket.close();
      void this.#lost(opened);
    };
    this.#after("open", openDeadline, down);
    this.#after("patience", openPatience, () => void this.#doWithout(socket));
    socket.onopen = () => {
      if (!current()) return;
      opened = true;
      this.#clear("open");
      this.#opened();
    };
    socket.onmessage = ({ data }) => {
      if (current() && typeof data === "string") this.#receive(data);
    };
    socket.onerror = down;
    socket.onclose = down;
  }

  /** What a gateway leaves hanging is not told from what is slow: if it opens after all, it is used. */
  async #doWithout(socket: WebSocket): Promise<void> {
    if (this.#socket !== socket || socket.readyState !== 0 || this.#mode !== "socket") return;
    const status = await this.#probe();
    if (this.#running && status === 200 && this.#socket === socket && socket.readyState === 0) this.#fallBack("stream");
  }

  /** Gives up a socket that only looks alive. */
  #renew(socket: WebSocket): void {
    this.#socket = null;
    socket.close();
    void this.#lost(true);
  }

  #opened(): void {
    this.#failures = 0;
    this.#attempt = 0;
    if (this.#mode !== "socket") this.environment.remember(null);
    this.#mode = "socket";
    this.#clear("notices");
    for (const reader of this.#readers.values()) reader.abort();
    this.#readers.clear();
    for (const follow of this.#follows.values()) this.#ask(follow);
    this.#become({ state: "online" });
    if (this.#missed) this.#gaps.forEach((listener) => listener());
    this.#missed = false;
  }

  /** The socket is gone. Whether that is the network, the sign-in or a gateway without sockets, a small request tells. */
  async #lost(opened: boolean): Promise<void> {
    if (!this.#running) return;
    this.#missed = true;
    if (this.#mode === "socket" && this.#state.state === "online") {
      this.#become({ state: "connecting", since: this.environment.now(), attempt: this.#attempt });
    }
    if (!opened) {
      const status = await this.#probe();
      if (!this.#running) return;
      if (status === 401) return this.environment.onSignedOut();
      if (status === 200) this.#failures++;
      if (status === 200 && this.#failures >= failuresBeforeFallback && this.#mode === "socket") this.#fallBack("stream");
    }
    if (this.#mode === "socket") this.#schedule(backoff(this.#attempt++, this.environment.random));
    else this.#after("reconnect", socketRetry, () => this.#connect());
  }

  async #probe(): Promise<number> {
    try {
      const response = await this.environment.fetch("/api/session", { cache: "no-store", signal: AbortSignal.timeout(openDeadline) });
      return response.status;
    } catch {
      return 0;
    }
  }

  #schedule(wait: number): void {
    const since = this.#state.state === "online" ? this.environment.now() : this.#state.since;
    this.#become(
      this.#attempt <= 1
        ? { state: "connecting", since, attempt: this.#attempt }
        : { state: "offline", since, retryAt: this.environment.now() + wait },
    );
    this.#after("reconnect", wait, () => this.#connect());
  }

  #ask(follow: Follow): void {
    this.#send({ follow: follow.generation, after: follow.after });
    this.#heard.set(follow.generation, this.environment.now());
    this.#after("check", quietBeforeCheck, () => this.#check());
  }

  #send(frame: ClientFrame): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame));
  }

  #receive(data: string): void {
    let frame: ServerFrame | null;
    try {
      frame = JSON.parse(data) as ServerFrame | null;
    } catch {
      return;
    }
    if (typeof frame !== "object" || frame === null) return;
    if (frame.type === "thread") {
      const notice: ThreadNotice = "thread" in frame ? { thread: frame.thread } : { deleted: frame.deleted };
      return this.#notices.forEach((listener) => listener(notice));
    }
    const { generation, ...event } = frame;
    const follow = generation === undefined ? undefined : this.#follows.get(generation);
    if (!follow) return;
    this.#heard.set(follow.generation, this.environment.now());
    // Without a number it is no event: the server does not know the generation, or no longer.
    if (!isEvent(event)) return void this.#checkOne(follow);
    this.#deaf = 0;
    if (follow.take(event) === "gap") this.#ask(follow);
    if (follow.ended) this.#drop(follow.generation);
  }

  /** Asks over HTTP for generations that were silent for long; a dead socket is found this way, too. */
  #check(): void {
    const now = this.environment.now();
    for (const follow of [...this.#follows.values()]) {
      if (now - (this.#heard.get(follow.generation) ?? 0) >= quietBeforeCheck - 50) void this.#checkOne(follow);
    }
    if (this.#follows.size > 0 && this.#mode === "socket") this.#after("check", quietBeforeCheck, () => this.#check());
  }

  async #checkOne(follow: Follow): Promise<void> {
    const before = follow.after;
    this.#heard.set(follow.generation, this.environment.now());
    const stop = new AbortController();
    const outcome = await poll(follow, 0, this.environment.fetch, stop.signal);
    if (!this.#running || this.#follows.get(follow.generation) !== follow) return;
    if (outcome === "refused") follow.lose();
    if (outcome === "signed-out") return this.environment.onSignedOut();
    if (follow.ended) return this.#drop(follow.generation);
    // HTTP knew more than the socket had brought: the socket is dead, or what it carries is held back.
    if (follow.after > before && this.#mode === "socket" && this.#socket) {
      const socket = this.#socket;
      this.#socket = null;
      socket.close();
      if (++this.#deaf < failuresBeforeFallback) return this.#connect();
      this.#fallBack("stream");
      this.#after("reconnect", socketRetry, () => this.#connect());
    }
  }

  // --- without a socket

  #fallBack(line: Line): void {
    this.#mode = line;
    this.environment.remember(line);
    this.#clear("check");
    this.#become({ state: "online" });
    for (const follow of this.#follows.values()) void this.#read(follow);
    this.#newest = new Newest();
    void this.#look();
  }

  /** Makes up for the notices that do not come, and for the socket that would tell of a lost connection. */
  async #look(): Promise<void> {
    this.#after("notices", noticePolling, () => void this.#look());
    // Whoever comes back is told by `resume` or `retry`.
    if (this.environment.hidden()) return;
    const { status, page } = await readNewest(this.environment.fetch, openDeadline);
    if (!this.#running || this.#mode === "socket") return;
    if (status === 401) return this.environment.onSignedOut();
    if (status === 0) return this.#unreachable(noticePolling);
    if (!page) return;
    const away = this.#state.state === "offline";
    this.#become({ state: "online" });
    const news = this.#newest.compare(page);
    if (news === "gap" || away) this.#gaps.forEach((listener) => listener());
    else news.forEach((notice) => this.#notices.forEach((listener) => listener(notice)));
  }

  #unreachable(wait: number): void {
    const since = this.#state.state === "online" ? this.environment.now() : this.#state.since;
    this.#become({ state: "offline", since, retryAt: this.environment.now() + wait });
  }

  async #read(follow: Follow): Promise<void> {
    const stop = new AbortController();
    this.#readers.set(follow.generation, stop);
    for (let attempt = 0; !follow.ended && !stop.signal.aborted; ) {
      const before = follow.after;
      const outcome =
        this.#mode === "poll"
          ? await poll(follow, 20, this.environment.fetch, stop.signal)
          : await readStream(follow, this.environment.fetch, stop.signal);
      if (stop.signal.aborted) return;
      if (outcome === "refused") follow.lose();
      if (outcome === "signed-out") return this.environment.onSignedOut();
      if (outcome === "held" && this.#mode === "stream") {
        this.#mode = "poll";
        this.environment.remember("poll");
      }
      if (outcome !== "unreachable") this.#become({ state: "online" });
      if (follow.after > before || (outcome === "cut" && this.#mode === "poll")) {
        attempt = 0;
        continue;
      }
      if (follow.ended) break;
      const wait = backoff(attempt++, this.environment.random);
      if (outcome === "unreachable") this.#unreachable(wait);
      await pause(wait, stop.signal);
    }
    if (this.#follows.get(follow.generation) === follow) this.#drop(follow.generation);
  }

  // --- small parts

  #drop(generation: string): void {
    this.#follows.get(generation)?.end();
    this.#follows.delete(generation);
    this.#heard.delete(generation);
    this.#readers.get(generation)?.abort();
    this.#readers.delete(generation);
  }

  #become(state: Connection): void {
    if (state.state === "online" && this.#state.state === "online") return;
    this.#state = state;
    this.#states.forEach((listener) => listener());
  }

  #after(name: string, wait: number, run: () => void): void {
    this.#clear(name);
    this.#timers.set(name, setTimeout(run, wait));
  }

  #clear(name: string): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}

function add<T>(set: Set<T>, item: T): () => void {
  set.add(item);
  return () => set.delete(item);
}

function pause(wait: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, wait);
    signal.addEventListener("abort", done);
  });
}
