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
