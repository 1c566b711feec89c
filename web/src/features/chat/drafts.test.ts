import { beforeEach, expect, it, vi } from "vitest";
import { forgetDrafts, getDraft, setDraft } from "./drafts";
import { forgetUnsent, keepUnsent, unsentOf } from "./outbox";

beforeEach(() => {
  forgetDrafts();
  vi.useFakeTimers();
});

it("keeps a draft for each thread, also in storage", () => {
  setDraft("a", { text: "一" });
  setDraft(null, { text: "新" });
  vi.runAllTimers();
  expect([getDraft("a").text, getDraft("b").text, getDraft(null).text]).toEqual(["一", "", "新"]);
  expect(localStorage.getItem("kaiwa.draft.a")).toContain("一");
});

it("forgets all of them, saved or not, and nothing else", () => {
  const at = "2026-11-28T00:00:00.000Z";
  keepUnsent("t", { id: "q", text: "届かなかった", files: [], at });
  forgetUnsent();
  expect(unsentOf("t")).toEqual([]);
  localStorage.setItem("kaiwa.preferences", "{}");
  setDraft("a", { text: "一" });
  vi.runAllTimers();
  setDraft("b", { text: "二" });
  forgetDrafts();
  vi.runAllTimers();
  expect([getDraft("a").text, getDraft("b").text]).toEqual(["", ""]);
  expect(Object.keys(localStorage)).toEqual(["kaiwa.preferences"]);
});
