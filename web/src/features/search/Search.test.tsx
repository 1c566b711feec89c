import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { runCommand, useCommand } from "@/lib/commands";
import { setLanguage } from "@/lib/i18n/i18n";
import { Search } from "./Search";

const hit = { thread: "t1", message: "m1", title: "Kyoto", archived: false, snippet: "three days in 京都 by train", marks: [[14, 16]] };
/** The code that looks for what is typed, which comes when a test says so. */
const finder = vi.hoisted(() => {
  let arrive = () => undefined as void;
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  return { arrive, arrived };
});
vi.mock("./Finder", async (load) => {
  await finder.arrived;
  return load();
});
/** Loaded once, so that no test waits for it. */
const finderHere = () => {
  finder.arrive();
  return import("./Finder");
};

let asked: string[];
let fail: boolean;
const newChat = vi.fn();

function OtherCommand() {
  useCommand({ id: "newChat", title: "newChat", shortcut: "Mod+Shift+O", run: newChat });
  return null;
}

async function open() {
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <OtherCommand />
      <Search />
    </QueryClientProvider>,
  );
  act(() => void runCommand("search"));
  return screen.findByRole("combobox");
}

beforeEach(() => {
  setLanguage("en");
  Element.prototype.scrollIntoView = () => undefined;
  asked = [];
  fail = false;
  newChat.mockReset();
  vi.stubGlobal("fetch", (request: Request) => {
    const parameters = new URL(request.url).searchParams;
    const words = parameters.get("q") ?? "";
    asked.push(words);
    if (words === "paged") {
      const moved = { ...hit, thread: "t2", snippet: "on the next page" };
      return Promise.resolve(Response.json(parameters.has("after") ? { items: [hit, moved], next: null } : { items: [hit], next: "c" }));
    }
    const problem = { type: "about:blank", title: "Busy", status: 503, detail: "", code: "unavailable", request_id: "r" };
    return Promise.resolve(fail ? Response.json(problem, { status: 503 }) : Response.json({ items: words === "京都" ? [hit] : words === "archived" ? [{ ...hit, archived: true }] : [], next: null }));
  });
});

test("the search keeps its field when the rest of it comes, and what was typed by then", async () => {
  const field = await open();
  fireEvent.compositionStart(field);
  fireEvent.change(field, { target: { value: "きょ" } });
  expect(screen.queryByRole("listbox")).toBeNull();
  await finderHere();
  await screen.findByRole("listbox");
  expect(screen.getByRole("combobox")).toBe(field);
  fireEvent.change(field, { target: { value: "京都" } });
  fireEvent.compositionEnd(field);
  expect(await screen.findByRole("option", { name: /three days/ })).toBeTruthy();
  expect(field.getAttribute("aria-activedescendant")).toBe(screen.getByRole("option", { name: /three days/ }).id);
});

describe("the search", () => {
  beforeAll(finderHere);

  test("marks what was found and opens it at its message", async () => {
    const field = await open();
    await userEvent.setup().type(field, "京都");
    const option = await screen.findByRole("option", { name: /three days/ });
    expect(option.querySelector("mark")?.textContent).toBe("京都");
    fireEvent.keyDown(field, { key: "Enter" });
    expect(location.pathname + location.hash).toBe("/t/t1#m1");
    expect(screen.queryByRole("combobox")).toBeNull();
  });

  test("says which of the chats found are archived", async () => {
    const field = await open();
    fireEvent.change(field, { target: { value: "京都" } });
    expect((await screen.findByRole("option", { name: /three days/ })).textContent).not.toContain("Archived");
    fireEvent.change(field, { target: { value: "archived" } });
    await screen.findByText("Archived");
    expect(screen.getAllByRole("option")[0]?.textContent).toBe("KyotoArchivedthree days in 京都 by train");
  });

  test("shows what moved from one page to the next once", async () => {
    fireEvent.change(await open(), { target: { value: "paged" } });
    fireEvent.click(await screen.findByRole("button", { name: "Search on" }));
    await screen.findByRole("option", { name: /on the next page/ });
    expect(screen.getAllByRole("option")).toHaveLength(2);
  });

  test("asks only for what an input method has finished", async () => {
    const field = await open();
    fireEvent.compositionStart(field);
    fireEvent.change(field, { target: { value: "きょうと" } });
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(asked).toEqual([]);
    fireEvent.change(field, { target: { value: "京都" } });
    fireEvent.compositionEnd(field);
    // The Enter that confirmed, as Safari sends it: nothing is opened by it.
    fireEvent.keyDown(field, { key: "Enter", keyCode: 229 });
    await screen.findByRole("option", { name: /three days/ });
    expect(asked).toEqual(["京都"]);
    expect(screen.getByRole("combobox")).toBeTruthy();
  });

  test("says that nothing was found, and what to do", async () => {
    await userEvent.setup().type(await open(), "zzz");
    expect((await screen.findAllByText(/Nothing found for “zzz”/)).length).toBeGreaterThan(0);
  });

  test("says why it failed and tries again when told", async () => {
    fail = true;
    await userEvent.setup().type(await open(), "京都");
    expect((await screen.findByRole("alert")).textContent).toMatch(/did not work.*busy/);
    fail = false;
    await userEvent.setup().click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("option", { name: /three days/ })).toBeTruthy();
  });

  test("runs commands by name", async () => {
    const field = await open();
    await userEvent.setup().type(field, "new");
    expect(screen.getAllByRole("option")).toHaveLength(1);
    fireEvent.keyDown(field, { key: "Enter" });
    expect(newChat).toHaveBeenCalledOnce();
  });

  test("asks for nothing that is too long, and says so without a button", async () => {
    await finderHere();
    const field = await open();
    fireEvent.change(field, { target: { value: "京".repeat(70) } });
    expect((await screen.findByRole("alert")).textContent).toMatch(/too long to search for: at most 200 bytes/);
    expect(asked).toEqual([]);
    expect(screen.queryByRole("button", { name: /try|retry/i })).toBeNull();
    fireEvent.change(field, { target: { value: "京".repeat(66) } });
    await vi.waitFor(() => expect(asked).toEqual(["京".repeat(66)]));
    expect(screen.queryByRole("alert")).toBeNull();
  });
});
