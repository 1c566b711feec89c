import { QueryClientProvider } from "@tanstack/react-query";
import { act, render, waitFor } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import { forgetDrafts, getDraft, setDraft } from "@/features/chat/drafts";
import { forgetUnsent, keepUnsent, unsentOf } from "@/features/chat/outbox";
import { actionsOf } from "@/features/threads/actions";
import { toastVoice } from "@/features/threads/voice";
import type { ThreadItem } from "@/lib/api/types";
import { LiveContext, type ThreadNotice } from "@/lib/events/live";
import { quietLive } from "@/test/quietLive";
import { makeClient } from "./client";
import { useDeletedThreads } from "./useDeletedThreads";

const thread: ThreadItem = { id: "a", title: "A", created_at: "2026-01-01T00:00:00.000Z", updated_at: "2026-01-01T00:00:00.000Z", archived: false, head: null, running: false };
const key = "kaiwa.draft.a";
const problem = (status: number) => Response.json({ type: "about:blank", title: "No", status, detail: "", code: status === 404 ? "not_found" : "unavailable", request_id: "r" }, { status });

/** Answers requests by their method; 404 to those of others. */
function server(answers: Record<string, () => Response>): void {
  vi.stubGlobal("fetch", (request: Request) => Promise.resolve(answers[request.method]?.() ?? problem(404)));
}
const there = { GET: () => Response.json({ ...thread, settings: {} }) };

function show() {
  const client = makeClient();
  let notify: (notice: ThreadNotice) => void = () => undefined;
  let tellGap: () => void = () => undefined;
  const live = quietLive({
    onGap: (listener) => {
      tellGap = listener;
      return () => undefined;
    },
    onThread: (listener) => {
      notify = listener;
      return () => undefined;
    },
  });
  function Page() {
    useDeletedThreads();
    return null;
  }
  const { unmount } = render(
    <QueryClientProvider client={client}>
      <LiveContext value={live}>
        <Page />
      </LiveContext>
    </QueryClientProvider>,
  );
  return { actions: actionsOf(client, toastVoice), told: (notice: ThreadNotice) => act(() => notify(notice)), gap: () => act(() => tellGap()), unmount };
}

beforeEach(() => {
  forgetDrafts();
  forgetUnsent();
  localStorage.clear();
  setDraft("a", { text: "下書き" });
  dispatchEvent(new Event("pagehide"));
  expect(localStorage.getItem(key)).toContain("下書き");
});

it("takes the draft of a thread out of storage when it is deleted, and brings it back by undo", async () => {
  server({ ...there, DELETE: () => new Response(null, { status: 204 }), POST: () => Response.json({ ...thread, settings: {} }) });
  keepUnsent("a", { id: "q", text: "届かなかった", files: [], at: thread.created_at });
  const { actions } = show();
  act(() => actions.remove(thread, () => undefined));
  expect(Object.keys(localStorage)).toEqual([]);
  expect(getDraft("a").text).toBe("");
  await act(() => actions.deletions.undo("a"));
  expect(getDraft("a").text).toBe("下書き");
  expect(unsentOf("a").map(({ text }) => text)).toEqual(["届かなかった"]);
  dispatchEvent(new Event("pagehide"));
  expect(localStorage.getItem(key)).toContain("下書き");
});

it("brings back a draft that is files alone", async () => {
  server({ ...there, DELETE: () => new Response(null, { status: 204 }), POST: () => Response.json({ ...thread, settings: {} }) });
  const file = { id: "f", name: "猫.png", type: "image/png", size: 3 };
  setDraft("a", { text: "", files: [file] });
  const { actions } = show();
  act(() => actions.remove(thread, () => undefined));
  expect(getDraft("a").files).toEqual([]);
  await act(() => actions.deletions.undo("a"));
  expect(getDraft("a").files).toEqual([file]);
});

it("keeps a draft when a proxy says 404 of its own", async () => {
  const asked = vi.fn(() => new Response("<html>404 page not found</html>", { status: 404, headers: { "Content-Type": "text/html" } }));
  server({ GET: asked });
  show();
  await waitFor(() => expect(asked).toHaveBeenCalled());
  await act(() => new Promise((resolve) => setTimeout(resolve)));
  expect(localStorage.getItem(key)).toContain("下書き");
});

it("brings it back when the server refuses to delete the thread", async () => {
  server({ ...there, DELETE: () => problem(503) });
  const { actions } = show();
  act(() => actions.remove(thread, () => undefined));
  await waitFor(() => expect(getDraft("a").text).toBe("下書き"));
});

it("follows what another page deletes and restores, once also where that was the same browser", () => {
  server(there);
  const { told } = show();
  told({ deleted: "a" });
  expect(localStorage.getItem(key)).toBeNull();
  // The other tab has written it already.
  localStorage.setItem(key, JSON.stringify({ text: "下書き", files: [] }));
  told({ thread });
  expect(getDraft("a").text).toBe("下書き");
  told({ thread });
  expect(getDraft("a").text).toBe("下書き");
});

it("removes those of threads that went while nobody told of it, and keeps the others", async () => {
  server({});
  setDraft("unmade", { text: "まだ" });
  keepUnsent("unmade", { id: "q", text: "最初", files: [], at: thread.created_at, make: {} });
  dispatchEvent(new Event("pagehide"));
  show();
  await waitFor(() => expect(localStorage.getItem(key)).toBeNull());
  expect(getDraft("unmade").text).toBe("まだ");
});

it("keeps a draft while it cannot be known whether its thread is there", async () => {
  const asked = vi.fn(() => problem(500));
  server({ GET: asked });
  show();
  await waitFor(() => expect(asked).toHaveBeenCalled());
  expect(localStorage.getItem(key)).toContain("下書き");
});

it("removes questions that did not arrive of threads that went while nobody told of it, and brings them back with the thread", async () => {
  server({});
  forgetDrafts();
  keepUnsent("b", { id: "q", text: "届かなかった", files: [], at: thread.created_at });
  const { told } = show();
  await waitFor(() => expect(localStorage.getItem("kaiwa.unsent.b")).toBeNull());
  told({ thread: { ...thread, id: "b" } });
  expect(unsentOf("b").map(({ text }) => text)).toEqual(["届かなかった"]);
});

it("looks anew when told of another gap meanwhile, and believes only that look", async () => {
  const answers: ((answer: Response) => void)[] = [];
  vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => answers.push(resolve)));
  const { gap, unmount } = show();
  await waitFor(() => expect(answers).toHaveLength(1));
  gap();
  await waitFor(() => expect(answers).toHaveLength(2));
  answers[0]?.(problem(404));
  await act(() => new Promise((resolve) => setTimeout(resolve)));
  expect(localStorage.getItem(key), "what the look before found out is old").toContain("下書き");
  expect(answers, "it asks nothing more").toHaveLength(2);
  unmount();
  answers[1]?.(problem(404));
  await new Promise((resolve) => setTimeout(resolve));
  expect(localStorage.getItem(key), "nor does one of a page that is gone count").toContain("下書き");
});
