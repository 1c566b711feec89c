import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { keys } from "@/lib/api/queries";
import type { Message } from "@/lib/api/types";
import "@/lib/i18n/i18n";
import { newQuestion, newReply, type Conversation, type Item } from "./conversation";
import { clearDraft } from "./drafts";
import { useActions } from "./useActions";

const now = "2026-11-20T00:00:00.000Z";
const settings = {};

type Answer = (body: Record<string, unknown>) => Response | Promise<Response>;

let client: QueryClient;
/** What answers a path that begins so; a path that none names is not found. */
let server: Record<string, Answer>;
let asked: { path: string; body: Record<string, unknown> }[];

const problem = (status: number, code: string) => Response.json({ type: "about:blank", title: code, status, detail: "", code, request_id: "r" }, { status });

const stored = (item: Item, change: Partial<Message> = {}): Item => {
  const { local: _, key: __, ...message } = item;
  return { ...message, state: "complete", ...change };
};

const conversation = (thread: string) => client.getQueryData<Conversation>(keys.messages(thread)) ?? { items: [], next: null };
const shown = (thread: string) => conversation(thread).items.map(({ text, local }) => `${text} ${local?.state ?? ""}`.trim());

function actions(thread: string | null) {
  const { result } = renderHook(() => useActions(thread, settings), {
    wrapper: ({ children }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>,
  });
  return result.current;
}

beforeEach(() => {
  vi.useFakeTimers();
  client = new QueryClient({ defaultOptions: { queries: { retry: false, gcTime: Infinity } } });
  server = {};
  asked = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const path = `${request.method} ${new URL(request.url).pathname}`;
    const body = request.method === "GET" ? {} : ((await request.json()) as Record<string, unknown>);
    asked.push({ path, body });
    return (server[path] ?? (() => problem(404, "not_found")))(body);
  });
  history.replaceState(null, "", "/");
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  localStorage.clear();
  for (const thread of [null, "t"]) clearDraft(thread);
});

/** Does what is asked to its end, however often it tries. */
async function done(doing: Promise<unknown>) {
  await act(async () => {
    await vi.runAllTimersAsync();
    await doing;
  });
}

it("leaves a question alone that a re-read has brought while the answer to its sending was lost", async () => {
  client.setQueryData<Conversation>(keys.messages("t"), { items: [], next: null });
  server["POST /api/threads/t/turns"] = (body) => {
    const { id, text } = body.message as { id: string; text: string };
    const question = stored(newQuestion(id, null, text, [], now));
    const answer = stored(newReply("a", id, null, now), { state: "pending", generation: "g" });
    client.setQueryData<Conversation>(keys.messages("t"), { items: [question, answer], next: null });
    throw new TypeError("the connection was cut");
  };
  await done(actions("t").send({ text: "質問", files: [] }));
  expect(shown("t")).toEqual(["質問", ""]);
  expect(conversation("t").items.map(({ id }) => id)[1]).toBe("a");
});

it("takes nothing away that came in while the server refused a question", async () => {
  const old = stored(newQuestion("q0", null, "前", [], now));
  client.setQueryData<Conversation>(keys.messages("t"), { items: [], next: null });
  server["POST /api/threads/t/turns"] = () => {
    client.setQueryData<Conversation>(keys.messages("t"), (here) => here && { ...here, items: [old, ...here.items] });
    return problem(429, "too_many_requests");
  };
  await done(actions("t").send({ text: "質問", files: [] }));
  expect(shown("t")).toEqual(["前"]);
});
