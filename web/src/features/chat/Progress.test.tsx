import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { setLanguage } from "@/lib/i18n/i18n";
import { Progress } from "./Progress";

it("does not say that a model thinks before the question has arrived", () => {
  setLanguage("en");
  const since = new Date(Date.now() - 2_000).toISOString();
  const { rerender } = render(<Progress since={since} steps={[]} sending />);
  expect(screen.getByRole("status").textContent).toBe("Sending…");
  rerender(<Progress since={since} steps={[]} sending={false} />);
  expect(screen.getByRole("status").textContent).toBe("Thinking…");
});
