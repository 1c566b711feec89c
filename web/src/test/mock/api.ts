import type { IncomingMessage, ServerResponse } from "node:http";
import { startAnswer } from "./answers.ts";
import { newId } from "../../lib/ids.ts";
import type { Store, Message, Thread } from "./store.ts";

/** A refusal. */
class Refused extends Error {
  constructor(readonly status: number, readonly code: string, detail = code) {
    super(detail);
  }
}

const user = { id: newId(), username: "hanako", name: "山田 花子", role: "administrator" as const };

interface Call {
  store: Store;
  path: string[];
  query: URLSearchParams;
  body: Record<string, unknown>;
  request: IncomingMessage;
  response: ServerResponse;
}
type Answer = [status: number, body?: unknown] | "taken";
type Handler = (call: Call) => Answer | Promise<Answer>;

let signedIn = true;

function thread({ store, path }: Call): Thread {
  const found = store.threads.get(path[1] ?? "");
  if (!found || found.deleted) throw new Refused(404, "not_found");
  return found;
}

function message(call: Call): Message & { thread: string } {
  const found = call.store.messages.get(call.path[3] ?? "");
  if (!found || found.thread !== thread(call).id) throw new Refused(404, "not_found");
  return found;
}

function shown({ id, title, created_at, updated_at, archived, head, settings }: Thread) {
  return { id, title, created_at, updated_at, archived, head, settings };
}

const modelOf = (found: Thread, body: { model?: string }) => body.model ?? found.settings.model ?? "mock/quick";

function accepted(found: Thread, body: { model?: string; parameters?: object }) {
  found.settings = { ...found.settings, ...body.parameters, ...(body.model ? { model: body.model } : {}) };
}

const routes: Record<string, Handler> = {
  "GET session": () => (signedIn ? [200, { user }] : [401, "unauthenticated"]),
  "POST session": () => ((signedIn = true), [200, { user }]),
  "DELETE session": () => ((signedIn = false), [204]),
  "GET setup": () => [200, { needed: false }],
  "GET config": () => [200, {
    version: "0.1.0", greeting: "今日は何をお手伝いしましょうか。", default_model: "mock/quick", model_connected: true,
    starters: [
      { title: "文章を要約する", prompt: "次の文章を三行で要約してください。" }, { title: "メールを書く", prompt: "打ち合わせの日程を決める丁寧なメールを書いてください。" },
      { title: "コードを説明する", prompt: "次のコードが何をするか説明してください。" }, { title: "考えを広げる", prompt: "新しい企画の案を五つ出してください。" },
    ],
    uploads: { enabled: true, types: ["image/*", "text/plain", "application/pdf"], max_files: 20, max_bytes: 524288000 },
  }],
  "GET models": () => [200, { next: null, items: [
    { id: "mock/quick", name: "quick", provider: "mock", state: "ready", window: 32768 },
    { id: "mock/thoughtful", name: "thoughtful", provider: "mock", state: "ready" },
    { id: "far/qwen3", name: "qwen3", provider: "far", state: "unreachable", reason: "connection refused: 127.0.0.1:11434" },
  ] }],
  "GET threads": ({ store, query }) => {
    const archived = query.get("archived") === "true";
    const all = [...store.threads.values()].filter((found) => !found.deleted && found.archived === archived).sort((a, b) => b.updated_at.localeCompare(a.updated_at));
    const limit = Number(query.get("limit") ?? 50);
    const from = Number(query.get("after") ?? 0);
    return [200, { items: all.slice(from, from + limit).map((found) => store.item(found)), next: from + limit < all.length ? String(from + limit) : null }];
  },
  "POST threads": ({ store, body }) => {
    const { id, title, settings } = body as { id?: string; title?: string; settings?: Thread["settings"] };
    const made = (id && store.threads.get(id)) || store.createThread(title, id);
    made.settings = settings ?? made.settings;
    store.notify(made);
    return [201, shown(made)];
  },
  "GET threads/*": (call) => [200, shown(thread(call))],
  "PATCH threads/*": (call) => {
    const found = thread(call);
    Object.assign(found, call.body);
    call.store.notify(found);
    return [200, shown(found)];
  },
  "DELETE threads/*": (call) => {
    const found = thread(call);
    found.deleted = true;
    call.store.notify(found);
    return [204];
  },
  "POST threads/*/restore": ({ store, path }) => {
    const found = store.threads.get(path[1] ?? "");
    if (!found) throw new Refused(404, "not_found");
    found.deleted = false;
    store.notify(found);
    return [200, shown(found)];
  },
  "GET threads/*/messages": (call) => {
    const branch = call.store.branch(thread(call));
    const limit = Number(call.query.get("limit") ?? 50);
    const end = Number(call.query.get("before") ?? branch.length);
    const from = Math.max(0, end - limit);
    return [200, { items: branch.slice(from, end).map((found) => call.store.view(found)), next: from > 0 ? String(from) : null }];
  },
  "POST threads/*/turns": (call) => {
    const { store } = call;
    const found = thread(call);
    const body = call.body as { message: { id: string; text: string; parent?: string | null; files?: string[] }; model?: string };
    const before = store.messages.get(body.message.id);
    if (before) {
      if (before.text !== body.message.text) throw new Refused(409, "idempotency_conflict");
      const reply = [...store.messages.values()].find(({ parent }) => parent === before.id);
      return [202, { message: before.id, reply: reply?.id, generation: reply?.generation }];
    }
    if (body.message.text.includes("refuse")) throw new Refused(503, "unavailable");
    accepted(found, body);
    const files = (body.message.files ?? []).map((id) => ({ id, name: "file.txt", type: "text/plain", size: 1234 }));
    const question = store.addMessage(found, { role: "user", text: body.message.text, files, ...(body.message.parent === undefined ? {} : { parent: body.message.parent }) }, body.message.id);
    const generation = startAnswer(store, found, question, newId(), modelOf(found, body));
    store.notify(found);
    return [202, { message: question.id, reply: found.head, generation: generation.id }];
  },
  "POST threads/*/messages/*/regenerate": (call) => again(call, ""),
  "POST threads/*/messages/*/continue": (call) => again(call, message(call).text),
  "POST threads/*/messages/*/select": (call) => {
    const found = thread(call);
    found.head = call.store.newestLeaf(message(call).id);
    return [200, shown(found)];
  },
  "PUT threads/*/messages/*/feedback": (call) => ((message(call).feedback = call.body as Message["feedback"] & Record<string, unknown>), [204]),
  "DELETE threads/*/messages/*/feedback": (call) => ((message(call).feedback = null), [204]),
  "GET search": ({ store, query }) => {
    const q = (query.get("q") ?? "").toLowerCase();
    const hits = [...store.messages.values()].filter(({ text }) => q !== "" && text.toLowerCase().includes(q)).slice(0, 20);
    return [200, { next: null, items: hits.map((hit) => {
      const at = hit.text.toLowerCase().indexOf(q);
      const from = Math.max(0, at - 20);
      return { thread: hit.thread, message: hit.id, title: store.threads.get(hit.thread)?.title ?? "", archived: store.threads.get(hit.thread)?.archived ?? false, snippet: hit.text.slice(from, at + 60), marks: [[at - from, at - from + q.length]] };
    }) }];
  },
  "GET generations/*/events": events,
  "POST generations/*/stop": ({ store, path }) => (store.generations.get(path[1] ?? "")?.stop(), [202]),
  "POST files": ({ query, request }) => [201, { id: newId(), name: query.get("name") ?? "file", type: request.headers["content-type"] ?? "application/octet-stream", size: Number(request.headers["content-length"] ?? 0) }],
  "GET keys": () => [200, { items: [], next: null }],
  "GET sessions": () => [200, { items: [{ id: newId(), created_at: new Date().toISOString(), last_used_at: new Date().toISOString(), user_agent: "Mozilla/5.0", current: true }], next: null }],
  "GET admin/users": () => [200, { items: [{ ...user, disabled: false, created_at: new Date().toISOString(), last_seen_at: null }], next: null }],
  "GET admin/providers": () => [200, { items: [{ name: "mock", kind: "openai", base_url: "http://127.0.0.1:9900/v1", models: [], has_key: false, origin: "configuration", state: "ready", latency_ms: 12, model_count: 2 }], next: null }],
  "GET admin/providers/*/activity": ({ query }) => [200, activity(query.get("span") ?? "24h")],
  "GET admin/found": () => [200, { items: [], next: null }],
};

/** A provider that is slow and fails now and then. */
function activity(span: string) {
  const [minutes, number] = span === "1h" ? [1, 60] : span === "6h" ? [5, 72] : [15, 96];
  const step = minutes * 60_000;
  const last = Math.floor(Date.now() / step) * step;
  const items = Array.from({ length: number }, (_, index) => {
    const requests = index % 7 < 2 ? 0 : (index * 5) % 11;
    const mean = 180 + ((index * 37) % 140);
    return {
      time: new Date(last - (number - 1 - index) * step).toISOString(),
      requests,
      failures: index % 9 === 4 ? Math.min(requests, 2) : 0,
      first_token_ms: requests === 0 ? null : mean,
      slowest_first_token_ms: requests === 0 ? null : mean + ((index * 91) % 1400),
    };
  });
  return { step_seconds: step / 1000, items, next: null };
}

function again(call: Call, begin: string): Answer {
  const { store } = call;
  const found = thread(call);
  const old = message(call);
  const body = call.body as { reply: string; model?: string };
  const question = store.messages.get(old.parent ?? "");
  if (!question) throw new Refused(400, "invalid_request", "only an answer can be made again");
  const before = store.messages.get(body.reply);
  if (before) return [202, { message: question.id, reply: before.id, generation: before.generation }];
  accepted(found, body);
  const generation = startAnswer(store, found, question, body.reply, modelOf(found, body), begin);
  store.notify(found);
  return [202, { message: question.id, reply: body.reply, generation: generation.id }];
}

async function events({ store, path, query, request, response }: Call): Promise<Answer> {
  const generation = store.generations.get(path[1] ?? "");
  if (!generation) throw new Refused(404, "not_found");
  const after = Number(query.get("after") ?? request.headers["last-event-id"] ?? 0);
  const rest = () => generation.events.slice(after);
  if (request.headers.accept?.includes("application/json")) {
    if (rest().length === 0 && !generation.ended) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Number(query.get("wait") ?? 0) * 1000);
        generation.listeners.add(() => (clearTimeout(timer), resolve()));
      });
    }
    return [200, { events: rest(), ended: generation.ended }];
  }
  if (generation.ended && rest().length === 0) return [204];
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  const write = (event: { n: number; type: string; data: object }) => {
    response.write(`id: ${event.n}\nevent: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`);
    if (generation.ended && event.n === generation.events.length) response.end();
  };
  rest().forEach(write);
  if (!generation.ended) generation.listeners.add(write);
  request.on("close", () => generation.listeners.delete(write));
  return "taken";
}

/** Answers one request below /api/. */
export async function handle(store: Store, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const path = url.pathname.slice("/api/".length).split("/");
  // Names and ids stand behind the name of their list, which stands one place later in administration.
  const shift = path[0] === "admin" ? 1 : 0;
  const pattern = path.map((part, i) => (i > shift && (i - shift) % 2 === 1 ? "*" : part)).join("/");
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const json = request.headers["content-type"] === "application/json";
  try {
    const handler = routes[`${request.method} ${pattern}`];
    if (!handler) throw new Refused(404, "not_found", `no route ${request.method} ${pattern}`);
    if (!signedIn && path[0] !== "session" && path[0] !== "setup") throw new Refused(401, "unauthenticated");
    const body = (json ? JSON.parse(Buffer.concat(chunks).toString()) : {}) as Record<string, unknown>;
    const answer = await handler({ store, path, query: url.searchParams, body, request, response });
    if (answer === "taken") return;
    const [status, value] = answer;
    if (status >= 400) throw new Refused(status, String(value));
    response.writeHead(status, { "content-type": "application/json" }).end(value === undefined ? undefined : JSON.stringify(value));
  } catch (error) {
    const { status, code, message: detail } = error instanceof Refused ? error : new Refused(500, "internal", String(error));
    response.writeHead(status, { "content-type": "application/problem+json" }).end(JSON.stringify({ type: "about:blank", title: code, status, detail, code, request_id: "mock-1" }));
  }
}
