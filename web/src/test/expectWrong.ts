import { waitFor } from "@testing-library/react";
import { expect } from "vitest";

/** That `field` is said to be wrong in words of its own, and has the focus. */
export async function expectWrong(field: HTMLElement, words: RegExp): Promise<void> {
  await waitFor(() => expect(document.activeElement).toBe(field));
  expect(field.getAttribute("aria-invalid")).toBe("true");
  expect(document.getElementById(field.getAttribute("aria-describedby") ?? "")?.textContent).toMatch(words);
}
