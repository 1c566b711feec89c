import { fireEvent, render, screen } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { setLanguage } from "@/lib/i18n/i18n";
import { Markdown } from "./Markdown";

it.each(["a".repeat(300_000), "`" + "a".repeat(300_000) + "`"])("draws the beginning of a very long run, and the rest when asked (%#)", async (text) => {
  setLanguage("ja");
  const { container } = render(<Markdown text={text} streaming={false} />);
  const drawn = () => (container.textContent ?? "").match(/a+/)?.[0].length;
  // A long text is read in the pauses of the page.
  const rest = await screen.findByText("残りの200,000文字も表示", {}, { timeout: 5_000 });
  expect(drawn()).toBe(100_000);
  fireEvent.click(rest);
  expect(drawn()).toBe(300_000);
  expect(screen.queryByRole("button")).toBeNull();
});

it("draws any other text whole", async () => {
  const { container } = render(<Markdown text={"長い文。".repeat(20_000)} streaming={false} />);
  await vi.waitFor(() => expect(container.textContent?.length).toBe(80_000));
});
