import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { useCommand, useShortcuts } from "@/lib/commands";
import { Menu, MenuItem } from "./Menu";

function Page({ run }: { run: () => void }) {
  useShortcuts();
  useCommand({ id: "search", title: "search", shortcut: "Mod+K", run });
  return (
    <Menu trigger={<button type="button">Export</button>}>
      <MenuItem onClick={() => undefined}>Markdown</MenuItem>
    </Menu>
  );
}

test("a shortcut of the page closes the menu and runs", () => {
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
  const run = vi.fn();
  render(<Page run={run} />);
  fireEvent.click(screen.getByText("Export"));
  const item = screen.getByText("Markdown");

  fireEvent.keyDown(item, { key: "b", ctrlKey: true });
  expect(run).not.toHaveBeenCalled();
  expect(screen.queryByText("Markdown")).not.toBeNull();

  fireEvent.keyDown(item, { key: "k", ctrlKey: true });
  expect(run).toHaveBeenCalledOnce();
  expect(screen.queryByText("Markdown")).toBeNull();
  expect(document.activeElement).toBe(screen.getByText("Export"));
});
