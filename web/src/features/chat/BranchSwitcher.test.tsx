import { fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { beforeEach, expect, it, vi } from "vitest";
import { TooltipProvider } from "@/components/ui/Tooltip";
import { setLanguage } from "@/lib/i18n/i18n";
import { BranchSwitcher } from "./BranchSwitcher";
import { Chat } from "./context";
import { newQuestion } from "./conversation";
import type { Actions } from "./useActions";

const select = vi.fn();

/** A place of three versions, of which one is shown, in a row of its own. */
function Place() {
  const [shown, setShown] = useState("a");
  select.mockImplementation(setShown);
  const item = { ...newQuestion(shown, null, shown, [], "2026-01-01T00:00:00Z"), siblings: ["a", "b", "c"] };
  return (
    <TooltipProvider>
      <Chat value={{ actions: { select } as unknown as Actions, running: false, editing: null, rewrite: () => undefined, setEditing: () => undefined }}>
        <BranchSwitcher key={shown} item={item} />
      </Chat>
    </TooltipProvider>
  );
}

const next = () => screen.getByRole("button", { name: "Next version" });

beforeEach(() => {
  setLanguage("en");
  select.mockReset();
});

it("keeps the keyboard's focus from version to version, also at the end", () => {
  render(<Place />);
  next().focus();
  for (const at of ["2/3", "3/3"]) {
    fireEvent.click(next());
    expect(screen.getByText(at)).toBeTruthy();
    expect(document.activeElement).toBe(next());
  }
  fireEvent.click(next());
  expect(select, "there is no fourth").toHaveBeenCalledTimes(2);
  expect(document.activeElement).toBe(next());
});

it("takes no focus from somebody who has turned to something else", () => {
  render(
    <>
      <input aria-label="elsewhere" />
      <Place />
    </>,
  );
  const field = screen.getByRole("textbox", { name: "elsewhere" });
  field.focus();
  fireEvent.click(next());
  expect(screen.getByText("2/3")).toBeTruthy();
  expect(document.activeElement).toBe(field);
});
