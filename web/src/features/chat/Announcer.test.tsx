import { act, render } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Announcer } from "./Announcer";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const second = () => act(() => void vi.advanceTimersByTime(1_000));

it("says every sentence once, and the last one when the answer has ended", () => {
  const { container, rerender } = render(<Announcer text="" ended={false} />);
  const said = () => container.textContent;
  rerender(<Announcer text="One. Two. Thr" ended={false} />);
  second();
  expect(said()).toBe("One. Two.");
  rerender(<Announcer text="One. Two. Three. Fo" ended={false} />);
  second();
  expect(said()).toBe("Three.");
  rerender(<Announcer text="One. Two. Three. Four." ended />);
  expect(said()).toBe("Four.");
});

it("says an answer that was there at once", () => {
  const { container, rerender } = render(<Announcer text="" ended={false} />);
  rerender(<Announcer text="はい。" ended />);
  expect(container.textContent).toBe("はい。");
});

it("does not repeat what was there before", () => {
  const { container, rerender } = render(<Announcer text="一つめ。" ended={false} />);
  rerender(<Announcer text="一つめ。二つめ。" ended />);
  expect(container.textContent).toBe("二つめ。");
});

it("says what is written without its signs, and is empty once it was said", () => {
  const { container, rerender } = render(<Announcer text="" ended={false} />);
  rerender(<Announcer text={"## 見出し\n**太字** と [リンク](https://example.com/a_b)。\n"} ended={false} />);
  second();
  expect(container.textContent?.replace(/\n/g, " ")).toBe("見出し 太字 と リンク。");
  rerender(<Announcer text={"## 見出し\n**太字** と [リンク](https://example.com/a_b)。\n`終わり`"} ended />);
  expect(container.textContent).toBe("終わり");
  act(() => void vi.advanceTimersByTime(6_000));
  expect(container.textContent).toBe("");
});
