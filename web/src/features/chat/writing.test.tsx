import { fireEvent, render, screen } from "@testing-library/react";
import { createRef, useState, type ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Toaster } from "@/components/ui/toast";
import { TooltipProvider } from "@/components/ui/Tooltip";
import { isMac } from "@/lib/commands";
import { setLanguage } from "@/lib/i18n/i18n";
import { setPreference } from "@/lib/preferences";
import { AnswerActions } from "./AnswerActions";
import { Chat } from "./context";
import { newQuestion, newReply, type Item } from "./conversation";
import { withEdited } from "./MessageList";
import { Question } from "./Question";
import type { Actions } from "./useActions";

const now = "2026-01-01T00:00:00Z";
const { local: _asked, ...question }: Item = newQuestion("q", null, "Old words", [], now);
const { local: _begun, ...reply }: Item = newReply("r", "q", null, now);
const answer: Item = { ...reply, text: "An answer", state: "complete" };
const send = vi.fn();
const feedback = vi.fn();

function Thread({ children }: { children: ReactNode }) {
  const [editing, setEditing] = useState<string | null>(null);
  const actions = { send, feedback } as unknown as Actions;
  return (
    <TooltipProvider>
      <Chat value={{ actions, running: false, editing, rewrite: () => undefined, setEditing }}>{children}</Chat>
    </TooltipProvider>
  );
}

/** Shows one row of a thread; `setShown(false)` is scrolling it out of the document. */
function show(row: ReactNode) {
  const { rerender } = render(<Thread>{row}</Thread>);
  return { setShown: (shown: boolean) => rerender(<Thread>{shown && row}</Thread>) };
}

function edit(text: string): HTMLElement {
  fireEvent.click(screen.getByRole("button", { name: "Edit" }));
  const field = screen.getByRole("textbox", { name: "Edit" });
  fireEvent.change(field, { target: { value: text } });
  return field;
}

const comment = () => screen.queryByRole("textbox", { name: /What was wrong/ });

beforeEach(() => {
  setLanguage("en");
  vi.clearAllMocks();
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }));
});
afterEach(() => setPreference("send", "enter"));

it("keeps what is written into a question while its row is out of the document", () => {
  const { setShown } = show(<Question item={question} />);
  edit("New words");
  setShown(false);
  setShown(true);
  expect(screen.getByRole<HTMLTextAreaElement>("textbox").value).toBe("New words");
  fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  fireEvent.click(screen.getByRole("button", { name: "Edit" }));
  expect(screen.getByRole<HTMLTextAreaElement>("textbox").value, "given up").toBe("Old words");
  fireEvent.keyDown(screen.getByRole("textbox"), { key: "Escape" });
});

it("draws the row that is written in wherever the view is", () => {
  expect(withEdited([7, 8, 9], 2)).toEqual([2, 7, 8, 9]);
  expect(withEdited([7, 8, 9], 8)).toEqual([7, 8, 9]);
  expect(withEdited([7, 8, 9], -1)).toEqual([7, 8, 9]);
});

it("keeps a comment while its row is out of the document, and takes the focus only when asked for", () => {
  const { setShown } = show(<AnswerActions item={answer} content={createRef()} />);
  fireEvent.click(screen.getByRole("button", { name: "Bad answer" }));
  expect(document.activeElement).toBe(comment());
  fireEvent.change(screen.getByRole("textbox"), { target: { value: "Wrong year" } });
  setShown(false);
  setShown(true);
  expect(comment()).toHaveProperty("value", "Wrong year");
  expect(document.activeElement).toBe(document.body);
  fireEvent.click(screen.getByRole("button", { name: "Send" }));
  expect(feedback).toHaveBeenLastCalledWith(answer, { value: "down", comment: "Wrong year" });
  expect(comment()).toBeNull();
});

it("opens a comment again by a second press, and takes the rating away only by a button, with a way back", () => {
  const said = { value: "down", comment: "Wrong year" } as const;
  const rated: Item = { ...answer, id: "rated", feedback: said };
  show(
    <>
      <Toaster />
      <AnswerActions item={rated} content={createRef()} />
    </>,
  );
  fireEvent.click(screen.getByRole("button", { name: "Bad answer" }));
  expect(comment()).toHaveProperty("value", "Wrong year");
  fireEvent.click(screen.getByRole("button", { name: "Send" }));
  expect(feedback, "nothing was changed").not.toHaveBeenCalled();

  fireEvent.click(screen.getByRole("button", { name: "Bad answer" }));
  fireEvent.click(screen.getByRole("button", { name: "Remove rating" }));
  expect(feedback).toHaveBeenLastCalledWith(rated, null);
  expect(comment()).toBeNull();
  fireEvent.click(screen.getByText("Undo"));
  expect(feedback).toHaveBeenLastCalledWith(rated, said);
});

it("sends an edited question and a comment by the key that the person chose", () => {
  setPreference("send", "mod-enter");
  show(
    <>
      <Question item={question} />
      <AnswerActions item={answer} content={createRef()} />
    </>,
  );
  const mod = isMac ? { metaKey: true } : { ctrlKey: true };
  const field = edit("New words");
  expect(screen.getByText(/Enter sends\. The old question stays\./)).toBeTruthy();
  fireEvent.keyDown(field, { key: "Enter" });
  expect(send).not.toHaveBeenCalled();
  fireEvent.keyDown(field, { key: "Enter", ...mod });
  expect(send).toHaveBeenCalledExactlyOnceWith({ text: "New words", files: [], parent: null });

  fireEvent.click(screen.getByRole("button", { name: "Bad answer" }));
  const words = screen.getByRole("textbox", { name: /What was wrong/ });
  fireEvent.change(words, { target: { value: "Wrong year" } });
  feedback.mockClear();
  fireEvent.keyDown(words, { key: "Enter" });
  expect(feedback).not.toHaveBeenCalled();
  fireEvent.keyDown(words, { key: "Enter", ...mod });
  expect(feedback).toHaveBeenCalledOnce();
});

it("begins a new line by Enter on a phone", () => {
  vi.stubGlobal("matchMedia", (query: string) => ({ matches: query.includes("coarse"), addEventListener: () => undefined, removeEventListener: () => undefined }));
  show(<Question item={question} />);
  fireEvent.keyDown(edit("New words"), { key: "Enter" });
  expect(send).not.toHaveBeenCalled();
  fireEvent.keyDown(screen.getByRole("textbox"), { key: "Escape" });
});
