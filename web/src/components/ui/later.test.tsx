import { act, fireEvent, render, screen } from "@testing-library/react";
import { Suspense, type ComponentType } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { setLanguage } from "@/lib/i18n/i18n";
import { later, Missing } from "./later";

function Hello({ name }: { name: string }) {
  return <p>Hello {name}</p>;
}

/** Code that arrives only after so many requests that fail. */
function arriving(failures: number) {
  let asked = 0;
  return vi.fn((): Promise<ComponentType<{ name: string }>> => (asked++ < failures ? Promise.reject(new TypeError("offline")) : Promise.resolve(Hello)));
}

async function show(Part: ComponentType<{ name: string }>) {
  render(
    <>
      <p>the rest</p>
      <Suspense>
        <Part name="Hanako" />
      </Suspense>
    </>,
  );
  await act(() => vi.advanceTimersByTimeAsync(10_000));
}

beforeEach(() => {
  setLanguage("en");
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());

it("asks once more for code that did not come", async () => {
  const load = arriving(1);
  await show(later(load));
  expect(screen.getByText("Hello Hanako")).toBeTruthy();
  expect(load).toHaveBeenCalledTimes(2);
});

it("leaves the rest of the page alone when it does not come at all, and tries again when told", async () => {
  const load = arriving(2);
  await show(later(load, { missing: (again) => <Missing again={again} /> }));
  expect(screen.getByText("the rest")).toBeTruthy();
  expect(screen.getByRole("alert")).toBeTruthy();
  expect(load, "no more than twice by itself").toHaveBeenCalledTimes(2);
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  await act(() => vi.advanceTimersByTimeAsync(10_000));
  expect(screen.getByText("Hello Hanako")).toBeTruthy();
});

it("begins anew where it is shown again", async () => {
  const Part = later(arriving(2));
  await show(Part);
  expect(screen.queryByText("Hello Hanako")).toBeNull();
  await show(Part);
  expect(screen.getByText("Hello Hanako")).toBeTruthy();
});

it("shows something else in its place when it breaks", async () => {
  const Broken = () => {
    throw new Error("broken");
  };
  await show(later(() => Promise.resolve(Broken), { missing: (_again, { name }: { name: string }) => <p>{`plain ${name}`}</p> }));
  expect(screen.getByText("plain Hanako")).toBeTruthy();
  expect(screen.getByText("the rest")).toBeTruthy();
});
