import { act, renderHook } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { useDroppedFiles } from "./useDroppedFiles";

const file = new File(["x"], "表.csv");

function send(type: string, types = ["Files"]): Event {
  const event = Object.assign(new Event(type, { bubbles: true, cancelable: true }), { relatedTarget: null, dataTransfer: { types, files: [file], dropEffect: "copy" } });
  act(() => void document.body.dispatchEvent(event));
  return event;
}

it("takes files that are dropped anywhere, and leaves text to the browser", () => {
  const add = vi.fn();
  const { result } = renderHook(() => useDroppedFiles(add));
  expect(send("dragover", ["text/plain"]).defaultPrevented).toBe(false);
  expect(send("dragover").defaultPrevented).toBe(true);
  expect(result.current).toBe(true);
  send("dragleave");
  expect(result.current).toBe(false);
  expect(send("drop").defaultPrevented).toBe(true);
  expect(add).toHaveBeenCalledExactlyOnceWith([file]);
});

it("lets no file take the place of the page where none is wanted", () => {
  const { result } = renderHook(() => useDroppedFiles(null));
  expect([send("dragover"), send("drop")].map(({ defaultPrevented }) => defaultPrevented)).toEqual([true, true]);
  expect(result.current).toBe(false);
});
