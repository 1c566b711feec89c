import { describe, expect, test } from "vitest";
import { flatten, withChange, withItem, without, type Pages } from "./pages";

interface Row {
  id: string;
  updated_at: string;
  title: string;
}

const row = (id: string, minute: number, title = id): Row => ({
  id,
  title,
  updated_at: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
});

const pages = (next: string | null, ...lists: Row[][]): Pages<Row> => ({
  pages: lists.map((items, index) => ({ items, next: index === lists.length - 1 ? next : `cursor-${index}` })),
  pageParams: lists.map((_, index) => index),
});

const ids = (data: Pages<Row>) => flatten(data).map((item) => item.id);

describe("pages of a keyset list", () => {
  test("nothing read yet is an empty list", () => {
    expect(flatten<Row>(undefined)).toEqual([]);
  });

  test("an item that moved up between two reads is shown once, with its newer fields", () => {
    const data = pages(null, [row("a", 9, "new"), row("b", 5)], [row("a", 3, "old"), row("c", 1)]);
    expect(ids(data)).toEqual(["a", "b", "c"]);
    expect(flatten(data)[0]?.title).toBe("new");
  });

  test("a new item goes to the top", () => {
    expect(ids(withItem(pages("more", [row("a", 9)], [row("b", 5)]), row("n", 10)))).toEqual(["n", "a", "b"]);
  });

  test("a changed item moves to its new place and appears once", () => {
    const data = withItem(pages(null, [row("a", 9), row("b", 5)], [row("c", 1)]), row("c", 10, "renamed"));
    expect(ids(data)).toEqual(["c", "a", "b"]);
    expect(flatten(data)[0]?.title).toBe("renamed");
  });

  test("an item in the middle of the list goes to the middle", () => {
    expect(ids(withItem(pages(null, [row("a", 9), row("c", 5)]), row("b", 7)))).toEqual(["a", "b", "c"]);
  });

  test("an item older than what was read waits for its page", () => {
    expect(ids(withItem(pages("more", [row("a", 9)]), row("old", 1)))).toEqual(["a"]);
    expect(ids(withItem(pages(null, [row("a", 9)]), row("old", 1)))).toEqual(["a", "old"]);
  });

  test("the oldest item of an unfinished list stays when it changes in place", () => {
    expect(ids(withItem(pages("more", [row("a", 9), row("b", 5)]), row("b", 5, "renamed")))).toEqual(["a", "b"]);
  });

  test("the first item of an empty list appears", () => {
    expect(ids(withItem(pages(null, []), row("a", 1)))).toEqual(["a"]);
  });

  test("removing keeps the cursors, so reading on works", () => {
    const data = without(pages("more", [row("a", 9)], [row("b", 5)]), "a");
    expect(ids(data)).toEqual(["b"]);
    expect(data.pages.map((page) => page.next)).toEqual(["cursor-0", "more"]);
  });

  test("a change touches one item and leaves its place", () => {
    const data = withChange(pages(null, [row("a", 9), row("b", 5)]), "b", { title: "x" });
    expect(flatten(data).map((item) => item.title)).toEqual(["a", "x"]);
  });
});
