import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import "@/lib/i18n/i18n";
import { useUploads } from "./useUploads";

const sent = vi.fn();

class FakeRequest {
  upload = {};
  open(_method: string, address: string) { sent(address); }
  setRequestHeader() { /* nothing listens */ }
  send() { /* never answered */ }
  abort() { /* nothing runs */ }
}

beforeEach(() => {
  sent.mockClear();
  vi.stubGlobal("XMLHttpRequest", FakeRequest);
});
afterEach(() => vi.unstubAllGlobals());

const limits = { enabled: true, types: ["text/*"], max_files: 3, max_bytes: 100 };

it("refuses what cannot be sent, and leaves a file without a type to the server", () => {
  const { result } = renderHook(() => useUploads("t", limits));
  act(() => result.current.add([new File(["a"], "a.png", { type: "image/png" }), new File(["a"], "議事録.md"), new File(["x".repeat(101)], "b.txt", { type: "text/plain" })]));
  expect(sent.mock.calls).toEqual([[`/api/files?name=${encodeURIComponent("議事録.md")}`]]);
  expect(result.current.uploads.map((upload) => upload.error !== undefined)).toEqual([true, false, true]);
});
