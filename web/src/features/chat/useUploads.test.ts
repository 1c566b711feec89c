import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { whenSignedOut } from "@/lib/api/client";
import { setLanguage } from "@/lib/i18n/i18n";
import { FakeRequest } from "@/test/fakeRequest";
import { getDraft, setDraft } from "./drafts";
import { forgetUploads, stalled, useUploads } from "./useUploads";

const limits = { enabled: true, max_bytes: 1000, max_files: 2, types: [] as string[] };
const file = (name: string) => new File(["x"], name);
const stored = { id: "f", name: "a.txt", type: "text/plain", size: 1 };
const request = (index = 0) => FakeRequest.all[index] as FakeRequest;
const show = (thread: string | null) => renderHook(() => useUploads(thread, limits));

beforeEach(() => {
  vi.useFakeTimers();
  FakeRequest.all = [];
  vi.stubGlobal("XMLHttpRequest", FakeRequest);
});
afterEach(() => {
  forgetUploads();
  setDraft("t", { text: "", files: [] });
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("refuses what cannot be sent, and leaves a file without a type to the server", () => {
  const { result } = renderHook(() => useUploads("t", { ...limits, types: ["text/*"], max_files: 3, max_bytes: 100 }));
  act(() => result.current.add([new File(["a"], "a.png", { type: "image/png" }), new File(["a"], "議事録.md"), new File(["x".repeat(101)], "b.txt", { type: "text/plain" })]));
  expect(FakeRequest.all.map(({ address }) => address)).toEqual([`/api/files?name=${encodeURIComponent("議事録.md")}`]);
  expect(result.current.uploads.map((upload) => upload.error !== undefined)).toEqual([true, false, true]);
});

it("refuses an empty file itself, in the reader's language", () => {
  setLanguage("ja");
  const { result } = show("t");
  act(() => result.current.add([new File([], "空.txt", { type: "text/plain" })]));
  expect(FakeRequest.all).toHaveLength(0);
  expect(result.current.uploads[0]?.error).toBe("空のファイルは添付できません");
});

it("goes on while another thread is shown, and is seen on return", () => {
  const first = show("t");
  act(() => first.result.current.add([file("a.txt")]));
  first.unmount();
  expect(show("other").result.current.uploads).toEqual([]);
  request().upload.onprogress?.({ loaded: 1, total: 2 });

  const again = show("t");
  expect(again.result.current).toMatchObject({ busy: true, uploads: [{ name: "a.txt", progress: 0.5 }] });
  act(() => request().answer(201, stored));
  expect(again.result.current).toMatchObject({ busy: false, uploads: [] });
  expect(getDraft("t").files).toEqual([stored]);
});

it("counts what is on its way from an earlier visit", () => {
  const first = show("t");
  act(() => first.result.current.add([file("a.txt"), file("b.txt")]));
  first.unmount();
  const again = show("t");
  act(() => again.result.current.add([file("c.txt")]));
  expect(FakeRequest.all).toHaveLength(2);
  expect(again.result.current.uploads[2]?.error).toBeTruthy();
});

it("fails when nothing has arrived for a long time", () => {
  const { result } = show("t");
  act(() => result.current.add([file("a.txt")]));
  act(() => void vi.advanceTimersByTime(stalled - 1));
  act(() => request().upload.onprogress?.({ loaded: 1, total: 2 }));
  act(() => void vi.advanceTimersByTime(stalled - 1));
  expect(result.current.busy).toBe(true);
  act(() => void vi.advanceTimersByTime(1));
  expect(request().aborted).toBe(true);
  expect(result.current.busy).toBe(false);
  expect(result.current.uploads[0]?.error).toBeTruthy();
});

it("says that the session has ended", () => {
  const ended = vi.fn();
  whenSignedOut(ended);
  const { result } = show("t");
  act(() => result.current.add([file("a.txt")]));
  act(() => request().answer(401, { type: "about:blank", title: "", status: 401, detail: "", code: "unauthenticated", request_id: "" }));
  expect(ended).toHaveBeenCalledTimes(1);
});

it("leaves nothing for the next person", () => {
  const { result } = show("t");
  act(() => result.current.add([file("a.txt")]));
  act(() => forgetUploads());
  expect(request().aborted).toBe(true);
  expect(result.current.uploads).toEqual([]);
});

it("keeps files in the order in which they were chosen, whichever arrives first", () => {
  const { result } = show("t");
  act(() => result.current.add([file("large"), file("small")]));
  act(() => request(1).answer(201, { ...stored, id: "s", name: "small" }));
  act(() => request(0).answer(201, { ...stored, id: "l", name: "large" }));
  expect(getDraft("t").files.map(({ name }) => name)).toEqual(["large", "small"]);
});
