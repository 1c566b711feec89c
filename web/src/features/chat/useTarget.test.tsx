import { act, renderHook } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { navigate } from "@/lib/router";
import { newQuestion } from "./conversation";
import { targetOf, useLeaving, useTarget } from "./useTarget";

const message = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";

it.each([
  [`#${message}`, message],
  ["#main", null],
  ["#_r_5_1", null],
  ["#", null],
  ["", null],
])("takes %s for a message only where it is one", (hash, target) => expect(targetOf(hash)).toBe(target));

it("shows a message once a visit, and again when somebody goes there again", () => {
  const items = [newQuestion(message, null, "質問", [], "2026-01-01T00:00:00Z")];
  const finding = { loadOlder: vi.fn(), select: vi.fn(), show: vi.fn() };
  const { rerender } = renderHook(() => useTarget(message, { items, next: null }, finding));
  rerender();
  expect(finding.show).toHaveBeenCalledExactlyOnceWith(0);
  act(() => navigate(`/t/t#${message}`));
  act(() => navigate(`/t/t#${message}`));
  expect(finding.show).toHaveBeenCalledTimes(3);
});

it("asks for the branch of a message once a visit", () => {
  const finding = { loadOlder: vi.fn(), select: vi.fn(), show: vi.fn() };
  const { rerender } = renderHook(() => useTarget(message, { items: [], next: null }, finding));
  rerender();
  expect(finding.select).toHaveBeenCalledExactlyOnceWith(message);
  expect(finding.loadOlder).not.toHaveBeenCalled();
});

afterEach(() => void vi.useRealTimers());

it("leaves a message that was in view and is not any more, so that a reload does not go back to it", () => {
  vi.useFakeTimers();
  history.replaceState(null, "", `/t/t#${message}`);
  const { rerender } = renderHook(({ inView }) => useLeaving(message, inView), { initialProps: { inView: false } });
  act(() => void vi.advanceTimersByTime(1_000));
  expect(location.hash, "not found yet").toBe(`#${message}`);
  rerender({ inView: true });
  rerender({ inView: false });
  rerender({ inView: true });
  act(() => void vi.advanceTimersByTime(1_000));
  expect(location.hash, "moved by what was loaded before it").toBe(`#${message}`);
  rerender({ inView: false });
  act(() => void vi.advanceTimersByTime(1_000));
  expect(location.href).toMatch(/\/t\/t$/);
});
