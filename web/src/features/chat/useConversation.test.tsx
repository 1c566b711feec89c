import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import { keys } from "@/lib/api/queries";
import type { ThreadItem } from "@/lib/api/types";
import { LiveContext, type ThreadNotice } from "@/lib/events/live";
import { Turns } from "@/lib/events/turns";
import { quietLive } from "@/test/quietLive";
import { addTurn, newQuestion, newReply, takeBack, type Conversation, type Item } from "./conversation";
import { dropUnsent, keepUnsent, unsentOf } from "./outbox";
import { setConversation, useConversation } from "./useConversation";

const now = "2026-11-20T00:00:00.000Z";
const empty: Conversation = { items: [], next: null };
const sending = addTurn(empty, newQuestion("q", null, "質問", [], now), newReply("r", "q", null, now));
const stored = (id: string): Item => ({ ...newQuestion(id, null, id, [], now), local: undefined as never });

const question = { id: "q", text: "質問", files: [], at: now };
const notFound = () => Response.json({ type: "about:blank", title: "", status: 404, detail: "", code: "not_found", request_id: "" }, { status: 404 });

let client: QueryClient;
let tell: (notice: ThreadNotice) => void;
let gap: () => void;
let answer: () => Response;
let reads: number;

const live = quietLive({
  onThread: (listener) => {
    tell = listener;
    return () => undefined;
  },
  onGap: (listener) => {
    gap = listener;
    return () => undefined;
  },
});
const turns = new Turns(live);
vi.mock("@/lib/events/LiveProvider", () => ({ useTurns: () => turns }));

function show(thread: string) {
  return renderHook(() => useConversation(thread), {
    wrapper: ({ children }) => (
      <QueryClientProvider client={client}>
        <LiveContext value={live}>{children}</LiveContext>
      </QueryClientProvider>
    ),
  }).result;
}

beforeEach(() => {
  localStorage.clear();
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  reads = 0;
  vi.stubGlobal("fetch", () => {
    reads++;
    return Promise.resolve(answer());
  });
});

it("reads what a notice told of while a question was on its way, once that is over", async () => {
  answer = () => Response.json({ items: [stored("other")], next: null });
  client.setQueryData(keys.messages("t"), sending);
  keepUnsent("t", { ...question, make: {} });
  const result = show("t");
  act(() => tell({ thread: { id: "t", head: "other" } as ThreadItem }));
  expect(reads).toBe(0);
  dropUnsent("t", new Set(["q"]));
  act(() => setConversation(client, "t", (old) => takeBack(old, ["q", "r"], empty)));
  await vi.waitFor(() => expect(result.current.conversation?.items.map(({ id }) => id)).toEqual(["other"]));
});

it("does not take a thread for deleted that is still to be made", async () => {
  answer = notFound;
  client.setQueryData(keys.messages("t"), sending);
  keepUnsent("t", { ...question, make: {} });
  const result = show("t");
  act(() => gap());
  await vi.waitFor(() => expect(reads).toBe(1));
  await vi.waitFor(() => expect(client.isFetching()).toBe(0));
  expect(result.current.gone).toBe(false);
  expect(result.current.conversation).toBe(sending);
});

it("gives back after a reload what did not arrive, and forgets what did", async () => {
  keepUnsent("t", question);
  keepUnsent("t", { ...question, id: "arrived" });
  answer = () => Response.json({ items: [stored("arrived")], next: null });
  const result = show("t");
  await vi.waitFor(() => expect(result.current.conversation?.items.map(({ id, local }) => [id, local?.state])).toEqual([["arrived", undefined], ["q", "failed"]]));
  expect(unsentOf("t").map(({ id }) => id)).toEqual(["q"]);
});

it("gives back the first question of a thread that was not made", async () => {
  keepUnsent("t", { ...question, make: { model: "local/a" } });
  answer = notFound;
  const result = show("t");
  await vi.waitFor(() => expect(result.current.conversation?.items).toMatchObject([{ id: "q", text: "質問", local: { state: "failed" } }]));
  expect(result.current.gone).toBe(false);
});
