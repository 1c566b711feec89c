import { act, render, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { toast, Toaster } from "./toast";

it("says the same thing once, and goes on offering what can be undone", () => {
  render(<Toaster />);
  const gone = vi.fn();
  act(() => {
    toast({ text: "copied", onGone: gone });
    toast({ text: "copied" });
    toast({ text: "deleted", action: { label: "undo", run: () => undefined } });
    toast({ text: "deleted", action: { label: "undo", run: () => undefined } });
  });
  expect(screen.getAllByText("copied")).toHaveLength(1);
  expect(gone).toHaveBeenCalledOnce();
  expect(screen.getAllByText("deleted")).toHaveLength(2);
});

it("goes on offering all that was deleted at once, whatever is said meanwhile", () => {
  render(<Toaster />);
  const gone = vi.fn();
  act(() => {
    for (const title of ["a", "b", "c", "d", "e"]) toast({ text: `deleted ${title}`, action: { label: "undo", run: () => undefined }, onGone: gone });
    for (const text of ["1", "2", "3", "4"]) toast({ text: `said ${text}` });
  });
  expect(screen.getAllByText(/^deleted \w/)).toHaveLength(5);
  expect(screen.getAllByText(/^said/)).toHaveLength(1);
  expect(gone).not.toHaveBeenCalled();
});
