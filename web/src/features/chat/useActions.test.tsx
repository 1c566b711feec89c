import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { keys } from "@/lib/api/queries";
import type { Message, Thread } from "@/lib/api/types";
import "@/lib/i18n/i18n";
import { newQuestion, newReply, type Conversation, type Item } from "./conversation";
import { clearDraft, getDraft, setDraft } from "./drafts";
import { unsentOf } from "./outbox";
import { useActions } from "./useActions";

const now = "2026-11-20T00:00:00.000Z";
/** What the page shows: the default model too, which the thread does not have. */
const settings = { model: "local/default", temperature: 0.7 };

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

it("keeps a question from its sending until the server has taken it", async () => {
  const during: string[] = [];
  const take = (body: Record<string, unknown>) => {
    const { id } = body.message as { id: string };
    during.push(...unsentOf("t").map(({ text }) => text));
    return Response.json({ message: id, reply: "a", generation: "g" }, { status: 202 });
  };
  server["POST /api/threads/t/turns"] = () => Promise.reject(new TypeError("no network"));
  await done(actions("t").send({ text: "質問", files: [] }));
  expect(shown("t")).toEqual(["質問 failed"]);
  expect(unsentOf("t").map(({ text }) => text)).toEqual(["質問"]);

  server["POST /api/threads/t/turns"] = take;
  await done(actions("t").resend(conversation("t").items[0] as Item));
  expect(during).toEqual(["質問"]);
  expect(unsentOf("t")).toEqual([]);
  expect(shown("t")).toEqual(["質問", ""]);
  expect(new Set(asked.map(({ body }) => (body.message as { id: string }).id)).size).toBe(1);
});

it("sends an edited question again to the branch that it began", async () => {
  const q1 = stored(newQuestion("q1", null, "前", [], now));
  client.setQueryData<Conversation>(keys.messages("t"), { items: [q1], next: null });
  server["POST /api/threads/t/turns"] = () => problem(503, "unavailable");
  await done(actions("t").send({ text: "直し", files: [], parent: null }));
  client.setQueryData<Conversation>(keys.messages("t"), (old) => old && { ...old, items: [q1, ...old.items] });
  await done(actions("t").resend(conversation("t").items[1] as Item));
  expect(asked.map(({ body }) => (body.message as { parent?: string | null }).parent)).toEqual([null, null]);
  expect(shown("t")).toEqual(["直し failed"]);
});

it("makes the thread first, once, whenever its first question is sent", async () => {
  server["POST /api/threads"] = () => problem(503, "unavailable");
  await done(actions(null).send({ text: "始め", files: [] }));
  const thread = location.pathname.slice("/t/".length);
  expect(unsentOf(thread)).toMatchObject([{ text: "始め", make: {} }]);

  const turn = `POST /api/threads/${thread}/turns`;
  server["POST /api/threads"] = () => Response.json({}, { status: 201 });
  server[turn] = () => problem(503, "unavailable");
  for (let times = 0; times < 2; times++) await done(actions(thread).resend(conversation(thread).items[0] as Item));
  expect(asked.map(({ path }) => path)).toEqual(["POST /api/threads", "POST /api/threads", turn, turn]);
  expect(shown(thread)).toEqual(["始め failed"]);
});

it("goes back to the new chat with its text when the thread is refused, so that it can be sent from there", async () => {
  server["POST /api/threads"] = () => {
    setDraft(location.pathname.slice("/t/".length), { text: "次も" });
    return problem(400, "invalid_argument");
  };
  await done(actions(null).send({ text: "始め", files: [] }));
  expect(location.pathname).toBe("/");
  expect(getDraft(null).text).toBe("始め\n\n次も");

  clearDraft(null);
  server["POST /api/threads"] = () => problem(401, "unauthenticated");
  await done(actions(null).send({ text: "もう一度", files: [] }));
  expect(getDraft(null).text).toBe("もう一度");
  expect(asked.map(({ path }) => path)).toEqual(["POST /api/threads", "POST /api/threads"]);
  expect(Object.keys(localStorage).filter((key) => key.startsWith("kaiwa.unsent"))).toEqual([]);
});

it("leaves a refused question standing while the composer holds the next one, to be sent again or rewritten", async () => {
  server["POST /api/threads/t/turns"] = () => {
    setDraft("t", { text: "次の質問" });
    return problem(429, "too_many_requests");
  };
  await done(actions("t").send({ text: "質問", files: [] }));
  expect(shown("t")).toEqual(["質問 failed"]);
  expect(conversation("t").items[0]?.local).toMatchObject({ error: { code: "too_many_requests" } });
  expect(getDraft("t").text).toBe("次の質問");

  actions("t").withdraw(conversation("t").items[0] as Item);
  expect(getDraft("t").text).toBe("質問\n\n次の質問");
  expect(shown("t")).toEqual([]);
  expect(unsentOf("t")).toEqual([]);
});

it("sends a question again under its id when the answer to its sending breaks off", async () => {
  let calls = 0;
  server["POST /api/threads/t/turns"] = (body) => {
    if (++calls === 1) return new Response('{"mess', { status: 202, headers: { "content-type": "application/json" } });
    return Response.json({ message: (body.message as { id: string }).id, reply: "a", generation: "g" }, { status: 202 });
  };
  await done(actions("t").send({ text: "質問", files: [] }));
  expect(shown("t")).toEqual(["質問", ""]);
  expect(new Set(asked.map(({ body }) => (body.message as { id: string }).id)).size).toBe(1);
  expect(calls).toBe(2);
});

const thread = (change: Partial<Thread["settings"]>): Thread => ({ id: "t", title: "旅", created_at: now, updated_at: now, archived: false, head: null, settings: change });
const threadNow = () => client.getQueryData<Thread>(keys.thread("t"));

it("changes nothing in a thread whose settings it does not know, and else only what is new", async () => {
  server["PATCH /api/threads/t"] = () => Response.json({});
  await done(actions("t").configure({ model: "b" }));
  expect(asked).toEqual([]);
  client.setQueryData(keys.thread("t"), thread({ model: "a", system_prompt: "短く" }));
  await done(actions("t").configure({ model: "b", system_prompt: "短く" }));
  await done(actions("t").configure({ model: "b" }));
  expect(asked.map(({ body }) => body.settings)).toEqual([{ model: "b" }, { system_prompt: null }]);
});

it("takes back a refused change of the settings alone", async () => {
  client.setQueryData(keys.thread("t"), thread({ model: "a" }));
  server["PATCH /api/threads/t"] = () => {
    client.setQueryData(keys.thread("t"), { ...thread({ model: "b", temperature: 0.2 }), title: "京都の旅" });
    return problem(400, "invalid_argument");
  };
  await done(actions("t").configure({ model: "b" }));
  expect(threadNow()).toMatchObject({ title: "京都の旅", settings: { model: "a", temperature: 0.2 } });
});

const answer = stored(newReply("a", "q", null, now));

const taken: Answer = (body) => Response.json({ message: (body.message as { id: string }).id, reply: "a", generation: "g" }, { status: 202 });

it("names no model or settings with a turn: the thread has its own, or follows the default of that moment", async () => {
  client.setQueryData(keys.thread("t"), thread(settings));
  server["POST /api/threads/t/turns"] = taken;
  server["POST /api/threads/t/messages/a/regenerate"] = () => problem(503, "unavailable");
  await done(actions("t").send({ text: "質問", files: [] }));
  client.setQueryData<Conversation>(keys.messages("t"), { items: [answer], next: null });
  await done(actions("t").again(answer, "regenerate"));
  const turns = asked.filter(({ path }) => path.startsWith("POST"));
  expect(turns.map(({ body }) => Object.keys(body))).toEqual([["message"], ["reply"]]);
});

it("sends a change of the settings that is still on its way along with a question, each time the same", async () => {
  client.setQueryData(keys.thread("t"), thread(settings));
  let confirm: (answer: Response) => void = () => undefined;
  server["PATCH /api/threads/t"] = () => new Promise<Response>((resolve) => (confirm = resolve));
  server["POST /api/threads/t/turns"] = () => problem(503, "unavailable");
  const chosen = actions("t").configure({ ...settings, model: "local/b" });
  await done(actions("t").send({ text: "質問", files: [] }));
  confirm(Response.json({}));
  await done(chosen);
  server["POST /api/threads/t/turns"] = taken;
  await done(actions("t").resend(conversation("t").items[0] as Item));
  await done(actions("t").send({ text: "次", files: [] }));
  const turns = asked.filter(({ path }) => path === "POST /api/threads/t/turns");
  expect(turns.map(({ body }) => [(body.message as { text: string }).text, body.model, body.parameters])).toEqual([
    ["質問", "local/b", undefined],
    ["質問", "local/b", undefined],
    ["次", undefined, undefined],
  ]);
});

it.each(["regenerate", "continue"] as const)("asks to %s once, however fast the clicks are", async (how) => {
  client.setQueryData<Conversation>(keys.messages("t"), { items: [answer], next: null });
  server[`POST /api/threads/t/messages/a/${how}`] = () => Response.json({ message: "q", reply: "b", generation: "g" }, { status: 202 });
  const here = actions("t");
  await done(Promise.all([here.again(answer, how), here.again(answer, how)]));
  await done(here.again(answer, how));
  expect(asked).toHaveLength(1);
});

it("sends again once, however fast the clicks are", async () => {
  client.setQueryData<Conversation>(keys.messages("t"), { items: [], next: null });
  server["POST /api/threads/t/turns"] = () => problem(503, "unavailable");
  await done(actions("t").send({ text: "質問", files: [] }));
  server["POST /api/threads/t/turns"] = taken;
  const failed = conversation("t").items[0] as Item;
  await done(Promise.all([actions("t").resend(failed), actions("t").resend(failed)]));
  expect(asked).toHaveLength(2);
});

it("goes on from the message that the address names", async () => {
  const found = "/t/t#0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
  server["POST /api/threads/t/turns"] = taken;
  server["POST /api/threads/t/messages/a/regenerate"] = () => Response.json({ message: "q", reply: "b", generation: "g" }, { status: 202 });
  client.setQueryData<Conversation>(keys.messages("t"), { items: [answer], next: null });
  for (const go of [() => actions("t").again(answer, "regenerate"), () => actions("t").send({ text: "次", files: [] })]) {
    history.replaceState(null, "", found);
    await done(go());
    expect(location.pathname + location.hash).toBe("/t/t");
  }
});
