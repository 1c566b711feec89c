import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Connect, Plugin } from "vite";
import { WebSocketServer } from "ws";
import { handle } from "./api.ts";
import { Store } from "./store.ts";

/** Answers /api from memory, so that the page can be worked on without a server: `MOCK=1 npm run dev`. Never in a build. */
export function mockApi(): Plugin {
  const store = new Store();
  seed(store);
  const attach = (middlewares: Connect.Server, server: Server | null) => {
    middlewares.use((request, response, next) => (request.url?.startsWith("/api/") ? void handle(store, request, response) : next()));
    const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "kaiwa.v1" });
    server?.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (request.url === "/api/ws") sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit("connection", ws));
    });
    sockets.on("connection", (ws) => {
      const send = (frame: object) => ws.send(JSON.stringify(frame));
      const ends = new Map<string, () => void>();
      store.notices.add(send);
      ws.on("message", (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as { follow?: string; after?: number; unfollow?: string };
        if (frame.unfollow) ends.get(frame.unfollow)?.();
        const generation = store.generations.get(frame.follow ?? "");
        if (!generation) return;
        const { id } = generation;
        const listener = (event: object) => send({ generation: id, ...event });
        generation.events.slice(frame.after ?? 0).forEach(listener);
        generation.listeners.add(listener);
        ends.get(id)?.();
        ends.set(id, () => generation.listeners.delete(listener));
      });
      ws.on("close", () => {
        store.notices.delete(send);
        ends.forEach((end) => end());
      });
    });
  };
  return {
    name: "mock-api",
    configureServer: (server) => attach(server.middlewares, server.httpServer as Server | null),
    configurePreviewServer: (server) => attach(server.middlewares, server.httpServer as Server),
  };
}

function seed(store: Store): void {
  const long = store.createThread("一万件のメッセージ");
  for (let i = 0; i < 5000; i++) {
    store.addMessage(long, { role: "user", text: `質問 ${i + 1}：${"この続きを教えてください。".repeat(1 + (i % 3))}` });
    store.addMessage(long, { role: "assistant", model: "mock/quick", text: `回答 ${i + 1} です。\n\n${"本文が続きます。".repeat(1 + ((i * 7) % 40))}${i % 9 === 0 ? "\n\n```js\nconst a = 1;\n```" : ""}` });
  }
  for (let i = 0; i < 30; i++) {
    const thread = store.createThread(`打ち合わせの準備 ${i + 1}`);
    store.addMessage(thread, { role: "user", text: "議題を三つ考えてください。" });
    store.addMessage(thread, { role: "assistant", model: "mock/quick", text: "1. 目的の確認\n2. 進み具合\n3. 次の一歩" });
    const past = new Date(Date.now() - i * i * 3_600_000).toISOString();
    thread.created_at = thread.updated_at = past;
  }
}
