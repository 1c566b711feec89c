import { expect, it } from "vitest";
import type { ThreadItem } from "../api/types";
import { Newest } from "./newest";

const thread = (id: string, minute: number, change: Partial<ThreadItem> = {}): ThreadItem => {
  const time = `2026-01-01T00:${String(minute).padStart(2, "0")}:00Z`;
  return { id, title: id, created_at: time, updated_at: time, archived: false, head: null, running: false, ...change };
};
const page = (items: ThreadItem[], next: string | null = null) => ({ items, next });

it("tells what is new and what has changed", () => {
  const newest = new Newest();
  expect(newest.compare(page([thread("b", 2), thread("a", 1)]))).toBe("gap");
  expect(newest.compare(page([thread("b", 2), thread("a", 1)]))).toEqual([]);
  const changed = thread("a", 3, { title: "A" });
  expect(newest.compare(page([thread("c", 4), changed, thread("b", 2)]))).toEqual([{ thread: thread("c", 4) }, { thread: changed }]);
});

it("asks for everything again when a thread has left", () => {
  const newest = new Newest();
  newest.compare(page([thread("b", 2), thread("a", 1)]));
  expect(newest.compare(page([thread("a", 1)]))).toBe("gap");
  expect(newest.compare(page([]))).toBe("gap");
  expect(newest.compare(page([])), "nothing is nothing new").toEqual([]);
  expect(newest.compare(page([thread("z", 9)])), "another person's").toBe("gap");
});

it("does not take a thread that newer ones pushed off the page for a deleted one", () => {
  const newest = new Newest();
  newest.compare(page([thread("b", 2), thread("a", 1)], "more"));
  expect(newest.compare(page([thread("c", 3), thread("b", 2)], "more"))).toEqual([{ thread: thread("c", 3) }]);
  expect(newest.compare(page([thread("c", 3), thread("a", 1)], "more")), "one from further up").toBe("gap");
});
