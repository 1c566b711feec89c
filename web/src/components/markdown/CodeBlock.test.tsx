import { act, render, waitFor } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";
import "@/lib/i18n/i18n";
import { CodeBlock } from "./CodeBlock";
import "./texts";

let watched: { element: Element; seen: () => void }[];

beforeEach(() => {
  watched = [];
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(private readonly tell: (entries: { isIntersecting: boolean }[]) => void) {}
      observe = (element: Element) => void watched.push({ element, seen: () => this.tell([{ isIntersecting: true }]) });
      disconnect = () => undefined;
    },
  );
});

const coloured = (container: HTMLElement) => container.querySelectorAll("[class^=hljs]").length;

it("colours a very long block only where it is looked at, and shows all of it", async () => {
  const code = "let line = 1;\n".repeat(30_000);
  const { container } = render(<CodeBlock code={code} language="js" open={false} />);
  expect(container.querySelector("code")?.textContent === code).toBe(true);
  expect(watched.length).toBeGreaterThan(50);
  act(() => watched[1]?.seen());
  await waitFor(() => expect(coloured(container)).toBeGreaterThan(0));
  expect(watched[0]?.element.querySelector("[class^=hljs]")).toBeNull();
  expect(container.querySelector("code")?.textContent === code).toBe(true);
});

it("colours any other block as it is", async () => {
  const { container } = render(<CodeBlock code="let line = 1;" language="js" open={false} />);
  await waitFor(() => expect(coloured(container)).toBeGreaterThan(0));
  expect(watched).toEqual([]);
});
