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
import { clearDraft, setDraft } from "./drafts";
import { hold } from "./held";

const live = quietLive({});
const turns = new Turns(live);
const send = vi.fn();
const actions = { send };
vi.mock("@/lib/events/LiveProvider", () => ({ useTurns: () => turns }));
vi.mock("./useActions", () => ({ useActions: () => actions }));
vi.mock("./MessageList", () => ({ MessageList: () => "the messages" }));

const now = "2026-11-20T00:00:00.000Z";
const { local: _begun, ...begun } = newReply("r", "q", null, now);
const pending: Item = { ...begun, generation: "g" };

beforeEach(() => {
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }));
});
afterEach(() => {
  cleanup();
  clearDraft("t");
  vi.clearAllMocks();
  turns.forget("g");
});

it.each(["was held", "is sent by hand"])("sends nothing that %s before it is known whether an answer runs", async (how) => {
  let answer: (response: Response) => void = () => undefined;
  vi.stubGlobal("fetch", ({ url }: Request) => new Promise<Response>((resolve) => {
    if (new URL(url).pathname === "/api/threads/t/messages") answer = resolve;
  }));
  setDraft("t", { text: "質問" });
  if (how === "was held") hold("t", send);
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <TooltipProvider>
        <LiveContext value={live}>
          <ChatPage thread="t" />
        </LiveContext>
      </TooltipProvider>
    </QueryClientProvider>,
  );
  if (how === "is sent by hand") fireEvent.keyDown(screen.getByRole("textbox"), { key: "Enter" });
  expect(screen.getByRole("textbox")).toHaveProperty("value", "質問");
  expect(send, "while the thread is read").not.toHaveBeenCalled();
  await screen.findByText(/読み込みしだい|conversation is loaded/);
  answer(Response.json({ items: [pending], next: null }));
  await screen.findByText("the messages");
  expect(send, "while the answer runs").not.toHaveBeenCalled();
  act(() => void client.setQueryData(keys.messages("t"), { items: [{ ...pending, state: "complete" }], next: null }));
  await vi.waitFor(() => expect(send).toHaveBeenCalledExactlyOnceWith({ text: "質問", files: [] }));
});
