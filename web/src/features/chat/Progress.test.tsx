import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Step } from "@/lib/api/types";
import { setLanguage } from "@/lib/i18n/i18n";
import { Progress } from "./Progress";

beforeEach(() => void vi.useFakeTimers({ now: new Date("2026-11-20T00:00:00Z") }));
afterEach(() => void vi.useRealTimers());

it("says that a busy model is asked again, and by whom it is served", () => {
  const since = new Date(Date.now() - 7_000).toISOString();
  const retry = (why: string): Step => ({ id: "retry", kind: "model", name: "retry", state: "running", detail: { class: why, provider: "local", failures: 1 } });
  const said = (why: string) => {
    cleanup();
    render(<Progress since={since} steps={[retry(why)]} sending={false} />);
    return screen.getByRole("status").textContent;
  };
  setLanguage("ja");
  expect(said("rate_limited")).toBe("local が混み合っています。もう一度試しています…7秒");
  setLanguage("en");
  expect(said("overloaded")).toMatch(/^local is busy. Trying again…/);
  expect(said("something_new")).toMatch(/^Trying again…/);
});

it("says that a model is asked again where no more is known", () => {
  setLanguage("en");
  const since = new Date(Date.now() - 2_000).toISOString();
  const step = { id: "retry", kind: "model", name: "retry", state: "running" } as Step;
  for (const detail of [undefined, null, { class: "overloaded" }]) {
    cleanup();
    render(<Progress since={since} steps={[{ ...step, detail }]} sending={false} />);
    expect(screen.getByRole("status").textContent).toBe("Trying again…");
  }
});

it("does not say that a model thinks before the question has arrived", () => {
  setLanguage("en");
  const since = new Date(Date.now() - 2_000).toISOString();
  const { rerender } = render(<Progress since={since} steps={[]} sending />);
  expect(screen.getByRole("status").textContent).toBe("Sending…");
  rerender(<Progress since={since} steps={[]} sending={false} />);
  expect(screen.getByRole("status").textContent).toBe("Thinking…");
});
