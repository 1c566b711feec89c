import { act, fireEvent, render, screen } from "@testing-library/react";
import { createRef } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import "@/lib/i18n/i18n";
import { Composer } from "./Composer";
import { clearDraft, setDraft } from "./drafts";

const onSend = vi.fn();
const onStop = vi.fn();
const onEditLast = vi.fn();
const told = vi.hoisted(() => vi.fn());
vi.mock("@/components/ui/toast", () => ({ toast: told }));
const said = () => (told.mock.lastCall?.[0] as { text: string } | undefined)?.text;

function show(running = false) {
  const field = createRef<HTMLTextAreaElement>();
  render(
    <Composer thread="t" field={field} uploads={undefined} running={running} loading={false} broken={false} onStop={running ? onStop : undefined} onSend={onSend} onEditLast={onEditLast}>
      {null}
    </Composer>,
  );
  return screen.getByRole("textbox");
}

const write = (text: string) => act(() => setDraft("t", { text }));

beforeEach(() => {
  vi.clearAllMocks();
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }));
});
afterEach(() => clearDraft("t"));

it("sends on Enter, and only what is more than spaces", () => {
  const field = show();
  fireEvent.keyDown(field, { key: "Enter" });
  write("  ");
  fireEvent.keyDown(field, { key: "Enter" });
  expect(onSend).not.toHaveBeenCalled();
  write(" 質問 ");
  fireEvent.keyDown(field, { key: "Enter", shiftKey: true });
  expect(onSend).not.toHaveBeenCalled();
  fireEvent.keyDown(field, { key: "Enter" });
  expect(onSend).toHaveBeenCalledExactlyOnceWith({ text: "質問", files: [] });
});

it("never sends the Enter that confirms a conversion", () => {
  const field = show();
  write("かいわ");
  fireEvent.keyDown(field, { key: "Enter", isComposing: true });
  fireEvent.keyDown(field, { key: "Enter", keyCode: 229 });
  expect(onSend).not.toHaveBeenCalled();
});

it("sends nothing while an answer runs: Escape takes what waits back, then stops", () => {
  const field = show(true);
  write("次の質問");
  fireEvent.keyDown(field, { key: "Enter" });
  expect(onSend).not.toHaveBeenCalled();
  fireEvent.keyDown(field, { key: "Escape" });
  expect(onStop).not.toHaveBeenCalled();
  fireEvent.keyDown(field, { key: "Escape" });
  expect(onStop).toHaveBeenCalledTimes(1);
});

it("edits the last question with ↑ only while it is empty", () => {
  const field = show();
  write("書きかけ");
  fireEvent.keyDown(field, { key: "ArrowUp" });
  expect(onEditLast).not.toHaveBeenCalled();
  write("");
  fireEvent.keyDown(field, { key: "ArrowUp" });
  expect(onEditLast).toHaveBeenCalledTimes(1);
});

it("takes no paste that is too long to be sent, and says so", () => {
  const field = show();
  const paste = (text: string) => fireEvent.paste(field, { clipboardData: { files: [], getData: () => text, types: ["text/plain"] } });
  expect(paste("a".repeat(1_000)), "left to the browser").toBe(true);
  expect(paste("a".repeat(5_000_000))).toBe(false);
  expect(said()).toMatch(/256 KB/);
  write("a".repeat(262_145));
  fireEvent.keyDown(field, { key: "Enter" });
  expect(onSend).not.toHaveBeenCalled();
});
