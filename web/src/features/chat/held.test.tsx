import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { createRef } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import "@/lib/i18n/i18n";
import { FakeRequest } from "@/test/fakeRequest";
import { Composer } from "./Composer";
import { clearDraft, getDraft, setDraft } from "./drafts";
import { forgetUploads } from "./useUploads";

const onSend = vi.fn();
const told = vi.hoisted(() => vi.fn());
vi.mock("@/components/ui/toast", () => ({ toast: told }));

const limits = { enabled: true, max_bytes: 1000, max_files: 9, types: [] as string[] };
const stored = { id: "f", name: "a.txt", type: "text/plain", size: 1 };
const request = (index = 0) => FakeRequest.all[index] as FakeRequest;
const composer = (send = onSend, running = false, broken = false) => (
  <Composer thread="t" field={createRef()} uploads={limits} running={running} loading={false} broken={broken} onStop={undefined} onSend={send} onEditLast={vi.fn()}>
    {null}
  </Composer>
);
const enter = () => fireEvent.keyDown(screen.getByRole("textbox"), { key: "Enter" });
const isHeld = () => screen.getByRole("status").textContent !== "";
const attach = (...names: string[]) =>
  fireEvent.change(document.querySelector('input[type="file"]') as HTMLInputElement, { target: { files: names.map((name) => new File(["x"], name)) } });

/** A question whose file is on its way, sent. */
function sendEarly() {
  const { rerender, unmount } = render(composer());
  attach("a.txt");
  fireEvent.change(screen.getByRole("textbox"), { target: { value: " 質問 " } });
  enter();
  expect(isHeld()).toBe(true);
  return { rerender, unmount };
}

beforeEach(() => {
  vi.clearAllMocks();
  FakeRequest.all = [];
  vi.stubGlobal("XMLHttpRequest", FakeRequest);
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }));
});
afterEach(() => {
  cleanup();
  forgetUploads();
  clearDraft("t");
  vi.unstubAllGlobals();
});

it("goes by itself once the last file is there, and only once", () => {
  sendEarly();
  attach("b.txt");
  enter();
  act(() => request(0).answer(201, stored));
  expect(onSend).not.toHaveBeenCalled();
  expect(isHeld()).toBe(true);
  const second = { ...stored, id: "g" };
  act(() => request(1).answer(201, second));
  expect(onSend).toHaveBeenCalledExactlyOnceWith({ text: "質問", files: [stored, second] });
  expect(isHeld()).toBe(false);
});

it("goes by the button as well, and without a word beside the file", () => {
  render(composer());
  attach("a.txt");
  fireEvent.submit(screen.getByRole("textbox").closest("form") as HTMLFormElement);
  act(() => request().answer(201, stored));
  expect(onSend).toHaveBeenCalledExactlyOnceWith({ text: "", files: [stored] });
});

it("is sent as the settings are when it goes", () => {
  const { rerender } = sendEarly();
  const later = vi.fn();
  rerender(composer(later));
  act(() => request().answer(201, stored));
  expect(onSend).not.toHaveBeenCalled();
  expect(later).toHaveBeenCalledTimes(1);
});

it("goes while another thread is shown", () => {
  sendEarly().unmount();
  act(() => request().answer(201, stored));
  expect(onSend).toHaveBeenCalledExactlyOnceWith({ text: "質問", files: [stored] });
});

it("goes below no answer that runs, but once it has ended", () => {
  const { rerender } = sendEarly();
  rerender(composer(onSend, true));
  act(() => request(0).answer(201, stored));
  expect(onSend).not.toHaveBeenCalled();
  expect(screen.getByRole("status").textContent).toMatch(/回答が終わりしだい|answer is finished/);
  attach("b.txt");
  rerender(composer());
  expect(onSend).not.toHaveBeenCalled();
  rerender(composer(onSend, true));
  const second = { ...stored, id: "g" };
  act(() => request(1).answer(201, second));
  expect(onSend).not.toHaveBeenCalled();
  rerender(composer());
  expect(onSend).toHaveBeenCalledExactlyOnceWith({ text: "質問", files: [stored, second] });
  expect(isHeld()).toBe(false);
});

it("waits for its thread to be shown again where an answer ran when it was left", () => {
  const { rerender, unmount } = sendEarly();
  rerender(composer(onSend, true));
  unmount();
  act(() => request().answer(201, stored));
  expect(onSend).not.toHaveBeenCalled();
  render(composer());
  expect(onSend).toHaveBeenCalledExactlyOnceWith({ text: "質問", files: [stored] });
});

it("stays a draft when it is cancelled while an answer runs", () => {
  const { rerender } = sendEarly();
  rerender(composer(onSend, true));
  act(() => request().answer(201, stored));
  fireEvent.keyDown(screen.getByRole("textbox"), { key: "Escape" });
  rerender(composer());
  expect(onSend).not.toHaveBeenCalled();
  expect(getDraft("t")).toEqual({ text: " 質問 ", files: [stored] });
});

/** A question that was sent while an answer ran. */
function sendOver() {
  const { rerender } = render(composer(onSend, true));
  fireEvent.change(screen.getByRole("textbox"), { target: { value: " 次 " } });
  enter();
  expect(screen.getByRole("status").textContent).toMatch(/回答が終わりしだい|answer is finished/);
  return rerender;
}

it("waits for the answer that runs, then goes, once", () => {
  const rerender = sendOver();
  enter();
  rerender(composer(onSend, true));
  expect(onSend).not.toHaveBeenCalled();
  rerender(composer());
  rerender(composer());
  expect(onSend).toHaveBeenCalledExactlyOnceWith({ text: "次", files: [] });
  expect(isHeld()).toBe(false);
});

it("can be sent by a button beside the one that stops", () => {
  render(composer(onSend, true));
  const buttons = () => screen.queryAllByRole("button", { name: /^(回答が終わったら送信|Send after this answer)$/ });
  expect(buttons()).toHaveLength(0);
  fireEvent.change(screen.getByRole("textbox"), { target: { value: "次" } });
  fireEvent.submit(screen.getByRole("textbox").closest("form") as HTMLFormElement);
  expect(isHeld()).toBe(true);
  expect(buttons()).toHaveLength(0);
});

it("stays a draft, and says so, when the answer before it breaks off", () => {
  const rerender = sendOver();
  rerender(composer(onSend, false, true));
  expect(onSend).not.toHaveBeenCalled();
  expect(isHeld()).toBe(false);
  expect(told).toHaveBeenCalledTimes(1);
  expect(getDraft("t").text).toBe(" 次 ");
});

it("goes below an answer that broke off before it was written", () => {
  const { rerender } = render(composer(onSend, false, true));
  attach("a.txt");
  fireEvent.change(screen.getByRole("textbox"), { target: { value: "次" } });
  enter();
  rerender(composer(onSend, false, true));
  act(() => request().answer(201, stored));
  expect(onSend).toHaveBeenCalledTimes(1);
});

it.each([
  ["is edited", () => fireEvent.change(screen.getByRole("textbox"), { target: { value: "別の質問" } })],
  ["is changed from elsewhere", () => act(() => setDraft("t", { text: "別の質問" }))],
  ["is cancelled", () => fireEvent.click(screen.getByRole("button", { name: /^(キャンセル|Cancel)$/ }))],
  ["meets Escape", () => fireEvent.keyDown(screen.getByRole("textbox"), { key: "Escape" })],
])("stays a draft when it %s", (_, change) => {
  sendEarly();
  change();
  act(() => request().answer(201, stored));
  expect(onSend).not.toHaveBeenCalled();
  expect(isHeld()).toBe(false);
  expect(getDraft("t").files).toEqual([stored]);
});

it("stays a draft when its file is taken away", () => {
  sendEarly();
  fireEvent.click(screen.getByRole("button", { name: /a\.txt/ }));
  expect(isHeld()).toBe(false);
  expect(onSend).not.toHaveBeenCalled();
});

it("stays a draft, and says so, when a file does not arrive", () => {
  sendEarly();
  attach("b.txt");
  act(() => request(0).answer(500, null));
  expect(told).toHaveBeenCalledTimes(1);
  expect(isHeld()).toBe(false);
  act(() => request(1).answer(201, stored));
  expect(onSend).not.toHaveBeenCalled();
  expect(getDraft("t")).toEqual({ text: " 質問 ", files: [stored] });
});

it("goes with nobody who has signed out", () => {
  sendEarly();
  act(forgetUploads);
  expect(isHeld()).toBe(false);
});

it("goes with nobody who has signed out while an answer ran and all files were there", () => {
  const { rerender } = sendEarly();
  rerender(composer(onSend, true));
  act(() => request().answer(201, stored));
  expect(isHeld()).toBe(true);
  act(forgetUploads);
  expect(isHeld()).toBe(false);
  rerender(composer());
  expect(onSend).not.toHaveBeenCalled();
});
