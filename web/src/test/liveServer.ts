import type { Event, ThreadItem } from "@/lib/api/types";
import type { Environment, Line } from "@/lib/events/connection";

type Frame = { follow: string; after: number } | { unfollow: string };

/** A server of one generation's events that plays the lines to it, as badly as it is told. */
export class LiveServer {
  readonly sockets: FakeSocket[] = [];
  readonly requests: string[] = [];
  signedOut = 0;
  remembered: Line | null = null;
  threads: ThreadItem[] = [];
  /** Nobody looks at the page. */
  hidden = false;
  /** How many events each opened socket or stream brings before it dies; the last entry is for all that follow. */
  cuts: number[] = [Infinity];
  socketsOpen = true;
  /** Sockets neither open nor fail. */
  socketsHang = false;
  /** Sockets stay open but bring nothing. */
  socketsDead = false;
  http: "working" | "down" | "signed-out" | "gone" = "working";
  /** Held back: nothing comes through. Stuck: what is there comes, and then nothing more. */
  streams: "working" | "held-back" | "stuck" = "working";

  constructor(readonly events: Event[]) {}

  nextCut(): number {
    return this.cuts.length > 1 ? (this.cuts.shift() ?? 0) : (this.cuts[0] ?? 0);
  }

  after(n: number): Event[] {
    return this.events.filter((event) => event.n > n);
  }

  environment(): Environment {
    return {
      socket: () => {
        const socket = new FakeSocket(this);
        this.sockets.push(socket);
        return socket as unknown as WebSocket;
      },
      fetch: (input, init) => this.#answer(input instanceof Request ? input.url : input.toString(), init ?? {}),
      random: () => 0.5,
      now: () => Date.now(),
      hidden: () => this.hidden,
      recall: () => this.remembered,
      remember: (line) => (this.remembered = line),
      onSignedOut: () => this.signedOut++,
    };
  }

  async #answer(address: string, { headers, signal }: RequestInit): Promise<Response> {
    this.requests.push(address);
    await Promise.resolve();
    if (this.http === "down") throw new TypeError("network");
    if (this.http === "signed-out") return new Response(null, { status: 401 });
    if (address === "/api/session") return Response.json({});
    if (address.startsWith("/api/threads?")) return Response.json({ items: this.threads, next: null });
    if (this.http === "gone") return new Response(null, { status: 410 });
    const asked = new Headers(headers);
    if (asked.get("accept") === "application/json") {
      const after = Number(new URL(address, "http://localhost").searchParams.get("after"));
      const events = this.after(after).slice(0, this.nextCut());
      return Response.json({ events, ended: events.at(-1) === this.events.at(-1) });
    }
    const held = this.streams === "held-back";
    const events = held ? [] : this.after(Number(asked.get("last-event-id"))).slice(0, this.nextCut());
    const text = events.map(({ n, type, data }) => `id: ${n}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`).join("");
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        if (held) return signal?.addEventListener("abort", () => controller.error(new DOMException("", "AbortError")));
        if (text !== "") controller.enqueue(new TextEncoder().encode(text));
        if (this.streams === "stuck") return signal?.addEventListener("abort", () => controller.error(new DOMException("", "AbortError")));
        controller.close();
      },
    });
    return new Response(body);
  }
}

class FakeSocket {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  #left: number;

  constructor(private readonly server: LiveServer) {
    this.#left = server.nextCut();
    setTimeout(() => {
      if (server.socketsHang) return;
      if (!server.socketsOpen) return this.#die();
      this.readyState = 1;
      this.onopen?.();
    }, 5);
  }

  send(text: string): void {
    const frame = JSON.parse(text) as Frame;
    if (!("follow" in frame) || this.server.socketsDead) return;
    setTimeout(() => {
      for (const event of this.server.after(frame.after)) {
        if (this.readyState !== 1) return;
        if (this.#left-- <= 0) return this.#die();
        this.push({ generation: frame.follow, ...event });
      }
    }, 1);
  }

  push(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  close(): void {
    this.readyState = 3;
  }

  #die(): void {
    this.readyState = 3;
    this.onclose?.();
  }
}
