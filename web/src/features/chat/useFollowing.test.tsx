import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useEffect } from "react";
import { beforeEach, expect, it, vi } from "vitest";
import { useFollowing } from "./useFollowing";

const height = 300;
let top = 0;
let whole = 0;
const pin = { current: () => undefined as void };

function List() {
  const { scroller, away, pin: keep } = useFollowing();
  useEffect(() => void (pin.current = keep), [keep]);
  return (
    <div ref={scroller} role="log" data-away={away}>
      <pre tabIndex={0}>code</pre>
      <textarea />
    </div>
  );
}

const list = () => screen.getByRole("log");
const isAway = () => list().dataset.away === "true";
const grow = (by: number) => {
  whole += by;
  pin.current();
  fireEvent.scroll(list());
};

beforeEach(() => {
  vi.stubGlobal("ResizeObserver", class { observe() {} disconnect() {} });
  vi.restoreAllMocks();
  top = 0;
  whole = 1_000;
  const numbers = (name: string, get: () => number, set?: (value: number) => void) =>
    Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get, ...(set ? { set } : {}) });
  numbers("clientHeight", () => height);
  numbers("scrollHeight", () => whole);
  numbers("scrollTop", () => top, (value) => (top = Math.min(value, whole - height)));
  // All that is in the list begins above the view and reaches into it.
  Element.prototype.getBoundingClientRect = function () {
    return new DOMRect(0, this.getAttribute("role") === "log" ? 0 : -50, 100, 200);
  };
  render(<List />);
  grow(20);
  expect(isAway()).toBe(false);
});

it("stays where the search of the browser has found something, also while text streams", () => {
  vi.spyOn(document, "hasFocus").mockReturnValue(false);
  grow(20);
  top -= 20;
  fireEvent.scroll(list());
  expect(isAway(), "what the layout moves").toBe(false);
  top -= height;
  fireEvent.scroll(list());
  expect(isAway()).toBe(true);
});

it("follows on where code in the view is pressed, but not where it is reached by keys", () => {
  const code = list().firstElementChild as HTMLElement;
  fireEvent.pointerDown(code);
  fireEvent.focusIn(code);
  fireEvent.pointerUp(code);
  expect(isAway()).toBe(false);
  fireEvent.focusIn(code);
  expect(isAway()).toBe(true);
});

it("is where something is written that was pressed", () => {
  fireEvent.pointerDown(screen.getByRole("textbox"));
  fireEvent.focusIn(screen.getByRole("textbox"));
  expect(isAway()).toBe(true);
});

it.each([
  ["sideways", { deltaX: -30, deltaY: -2 }, false],
  ["sideways by Shift", { deltaX: 0, deltaY: -100, shiftKey: true }, false],
  ["up", { deltaX: -2, deltaY: -30 }, true],
])("takes a wheel that goes %s for what it is", (_, wheel, leaves) => {
  fireEvent.wheel(list(), wheel);
  expect(isAway()).toBe(leaves);
});

it.each([
  ["sideways", { clientX: 160, clientY: 105 }, false],
  ["down", { clientX: 104, clientY: 120 }, true],
])("takes a finger that goes %s for what it is", (_, touch, leaves) => {
  fireEvent.touchStart(list(), { touches: [{ clientX: 100, clientY: 100 }] });
  fireEvent.touchMove(list(), { touches: [touch] });
  expect(isAway()).toBe(leaves);
});

it("leaves the keys of a field to the field", () => {
  top = 500;
  for (const key of ["ArrowUp", "Home", "PageUp"]) fireEvent.keyDown(screen.getByRole("textbox"), { key });
  fireEvent.keyDown(screen.getByRole("textbox"), { key: " ", shiftKey: true });
  expect(isAway()).toBe(false);
  fireEvent.keyDown(list(), { key: "ArrowUp" });
  expect(isAway()).toBe(true);
  fireEvent.keyDown(screen.getByRole("textbox"), { key: "End" });
  expect(isAway()).toBe(true);
});

it("moves no list that has gone", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  fireEvent.keyDown(list(), { key: "End" });
  expect(vi.getTimerCount()).toBe(1);
  cleanup();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
