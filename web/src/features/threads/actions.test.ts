import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { keys } from "@/lib/api/queries";
import type { ThreadItem } from "@/lib/api/types";
import { ThreadActions, type Voice } from "./actions";
import { flatten } from "./pages";
import { threadsQuery } from "./queries";

const item = (id: string, minute: number, more: Partial<ThreadItem> = {}): ThreadItem => ({
  id,
  title: `title ${id}`,
  created_at: "2026-01-01T00:00:00.000Z",
  updated_at: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
  archived: false,
  head: null,
  running: false,
  ...more,
});
const refusal = () => new Response(JSON.stringify({ type: "about:blank", title: "Busy", status: 503, detail: "", code: "unavailable", request_id: "r" }), { status: 503 });
const thread = (change: object) => Response.json({ ...item("b", 5), settings: {}, ...change });

/** Answers every request by `answer`, when `go` is called. */
function server(answer: (request: Request) => Response) {
  let go!: () => void;
  const gate = new Promise<void>((resolve) => (go = resolve));
  const requests: string[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    requests.push(`${request.method} ${new URL(request.url).pathname}`);
    await gate;
    return answer(request);
  });
  return { requests, go };
}

let client: QueryClient;
let offers: { undo: () => void; ended: () => void; withdrawn: boolean }[];
let refused: string[];
let actions: ThreadActions;

const titles = (archived = false) => flatten<ThreadItem>(client.getQueryData(threadsQuery(archived).queryKey)).map(({ title }) => title);
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

beforeEach(() => {
  client = new QueryClient();
  client.setQueryData(threadsQuery(false).queryKey, { pages: [{ items: [item("a", 9), item("b", 5)], next: null }], pageParams: [null] });
  client.setQueryData(threadsQuery(true).queryKey, { pages: [{ items: [item("z", 1, { archived: true })], next: null }], pageParams: [null] });
  offers = [];
  refused = [];
  const voice: Voice = {
    refused: (action, { title }) => refused.push(`${action} ${title}`),
    deleted: (_thread, undo, ended) => {
      const offer = { undo, ended, withdrawn: false };
      offers.push(offer);
      return () => (offer.withdrawn = true);
    },
    archived: (_thread, undo) => offers.push({ undo, ended: () => undefined, withdrawn: false }),
  };
  actions = new ThreadActions(client, voice);
});

describe("what is done in the list of threads", () => {
  test("a new name shows at once, also on the open thread", async () => {
    client.setQueryData(keys.thread("b"), { id: "b", title: "title b" });
    const { go, requests } = server(() => thread({ title: "京都" }));
    const done = actions.rename(item("b", 5), "  京都 ");
    expect(titles()).toEqual(["title a", "京都"]);
    expect(client.getQueryData(keys.thread("b"))).toMatchObject({ title: "京都" });
    go();
    await done;
    expect(requests).toEqual(["PATCH /api/threads/b"]);
    expect(refused).toEqual([]);
  });

  test("an empty or unchanged name asks nothing", async () => {
    const { requests } = server(refusal);
    await actions.rename(item("b", 5), "   ");
    await actions.rename(item("b", 5), "title b");
    expect(requests).toEqual([]);
  });

  test("a refused name is taken back with the reason", async () => {
    const { go } = server(refusal);
    const done = actions.rename(item("b", 5), "京都");
    go();
    await done;
    expect(titles()).toEqual(["title a", "title b"]);
    expect(refused).toEqual(["rename title b"]);
  });

  test("a refused name does not undo a later one", async () => {
    const { go } = server(refusal);
    const done = actions.rename(item("b", 5), "first");
    actions.notice({ thread: item("b", 5, { title: "second" }) });
    go();
    await done;
    expect(titles()).toEqual(["title a", "second"]);
  });

  test("archiving moves between the lists, and back when refused", async () => {
    const { go } = server(refusal);
    const done = actions.archive(item("b", 5));
    expect([titles(), titles(true)]).toEqual([["title a"], ["title b", "title z"]]);
    go();
    await done;
    expect([titles(), titles(true)]).toEqual([["title a", "title b"], ["title z"]]);
    expect(refused).toEqual(["archive title b"]);
    expect(offers).toHaveLength(0);
  });

  test("a refused deletion withdraws its offer to undo and says why", async () => {
    const { go } = server(refusal);
    actions.remove(item("b", 5), vi.fn());
    expect(actions.deletions.hidden().has("b")).toBe(true);
    go();
    await settled();
    expect(offers[0]?.withdrawn).toBe(true);
    expect(actions.deletions.hidden().has("b")).toBe(false);
    expect(refused).toEqual(["delete title b"]);
  });

  test("undo brings the thread back where it was", async () => {
    const { go, requests } = server((request) => (request.method === "DELETE" ? new Response(null, { status: 204 }) : thread({})));
    const undone = vi.fn();
    go();
    actions.remove(item("b", 5), undone);
    await settled();
    // What the server says to every tab, this one too.
    actions.notice({ deleted: "b" });
    expect(titles()).toEqual(["title a"]);
    offers[0]?.undo();
    await settled();
    expect(requests).toEqual(["DELETE /api/threads/b", "POST /api/threads/b/restore"]);
    expect(titles()).toEqual(["title a", "title b"]);
    expect(actions.deletions.hidden().size).toBe(0);
    expect(undone).toHaveBeenCalledOnce();
  });

  test("changes from elsewhere appear, move and go", () => {
    actions.notice({ thread: item("n", 12, { title: "new" }) });
    actions.notice({ thread: item("b", 11, { running: true }) });
    expect(titles()).toEqual(["new", "title b", "title a"]);
    actions.notice({ thread: item("n", 12, { title: "new", archived: true }) });
    expect([titles(), titles(true)]).toEqual([["title b", "title a"], ["new", "title z"]]);
    actions.notice({ deleted: "a" });
    expect(titles()).toEqual(["title b"]);
  });
});
