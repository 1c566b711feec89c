import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { TooltipProvider } from "@/components/ui/Tooltip";
import { keys } from "@/lib/api/queries";
import { LiveContext } from "@/lib/events/live";
import { Turns } from "@/lib/events/turns";
import "@/lib/i18n/i18n";
import { quietLive } from "@/test/quietLive";
import { ChatPage } from "./ChatPage";
import { newReply, type Item } from "./conversation";
import { clearDraft, getDraft, setDraft } from "./drafts";
import { forgetHeld, hold } from "./held";

const live = quietLive({});
const turns = new Turns(live);
const send = vi.fn();
const actions = { send };
vi.mock("@/lib/events/LiveProvider", () => ({ useTurns: () => turns }));
const told = vi.hoisted(() => vi.fn());
vi.mock("@/components/ui/toast", () => ({ toast: told }));
vi.mock("./useActions", () => ({ useActions: () => actions }));
vi.mock("./MessageList", () => ({ MessageList: () => "the messages" }));

const now = "2026-11-20T00:00:00.000Z";
const { local: _begun, ...begun } = newReply("r", "q", null, now);
const unread = /読み込みしだい|conversation is loaded/;
const pending: Item = { ...begun, generation: "g" };

beforeEach(() => {
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }));
});
afterEach(() => {
  vi.useRealTimers();
  cleanup();
  forgetHeld();
  clearDraft("t");
  vi.clearAllMocks();
  turns.forget("g");
});

/** The page of a thread whose reading is answered by `answer`. */
function open() {
  let answer: ((response: Response) => void) | undefined;
  vi.stubGlobal("fetch", ({ url }: Request) => new Promise<Response>((resolve) => {
    if (new URL(url).pathname === "/api/threads/t/messages") answer = resolve;
  }));
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const { unmount } = render(
    <QueryClientProvider client={client}>
      <TooltipProvider>
        <LiveContext value={live}>
          <ChatPage thread="t" />
        </LiveContext>
      </TooltipProvider>
    </QueryClientProvider>,
  );
  return { client, unmount, answer: (response: Response) => vi.waitFor(() => (answer as NonNullable<typeof answer>)(response)) };
}

const enter = () => fireEvent.keyDown(screen.getByRole("textbox"), { key: "Enter" });
const question = { text: "質問", files: [] };

it.each(["was held", "is sent by hand"])("sends nothing that %s before it is known whether an answer runs", async (how) => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  setDraft("t", { text: "質問" });
  if (how === "was held") hold("t", send);
  const { client, answer } = open();
  if (how === "is sent by hand") enter();
  expect(screen.getByRole("textbox")).toHaveProperty("value", "質問");
  expect(send, "while the thread is read").not.toHaveBeenCalled();
  expect(screen.queryByText(unread)).toBeNull();
  act(() => void vi.advanceTimersByTime(400));
  screen.getByText(unread);
  vi.useRealTimers();
  await answer(Response.json({ items: [pending], next: null }));
  await screen.findByText("the messages");
  expect(send, "while the answer runs").not.toHaveBeenCalled();
  act(() => void client.setQueryData(keys.messages("t"), { items: [{ ...pending, state: "complete" }], next: null }));
  await vi.waitFor(() => expect(send).toHaveBeenCalledExactlyOnceWith(question));
});

it("sends what waits for the reading of its thread when that is left, and not again", async () => {
  setDraft("t", { text: "質問" });
  const { unmount } = open();
  enter();
  expect(send).not.toHaveBeenCalled();
  unmount();
  await vi.waitFor(() => expect(send).toHaveBeenCalledExactlyOnceWith(question));
  const { answer } = open();
  await answer(Response.json({ items: [], next: null }));
  await screen.findByText("the messages");
  expect(send).toHaveBeenCalledTimes(1);
});

it("sends what waits for the reading of its thread when the page is left", () => {
  setDraft("t", { text: "質問" });
  open();
  enter();
  fireEvent(window, new Event("pagehide"));
  expect(send).toHaveBeenCalledExactlyOnceWith(question);
});

it("gives back what waited for a reading that failed, and says so", async () => {
  setDraft("t", { text: "質問" });
  const { unmount, answer } = open();
  enter();
  await answer(Response.json({ type: "about:blank", title: "", status: 500, detail: "", code: "internal", request_id: "r" }, { status: 500 }));
  await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1));
  unmount();
  await new Promise((resolve) => setTimeout(resolve));
  expect(send).not.toHaveBeenCalled();
  expect(getDraft("t")).toEqual(question);
});
