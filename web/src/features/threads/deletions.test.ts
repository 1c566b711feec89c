import { describe, expect, test, vi } from "vitest";
import { Deletions } from "./deletions";

interface Item {
  id: string;
  title: string;
}

const item: Item = { id: "a", title: "お昼ごはん" };

function settable<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

function scene() {
  const removed = settable<void>();
  const restored = settable<Item>();
  const server = { remove: vi.fn(() => removed.promise), restore: vi.fn(() => restored.promise) };
  const outcome = { back: vi.fn(), refused: vi.fn() };
  return { removed, restored, server, outcome, deletions: new Deletions<Item>(server, outcome) };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("deletions", () => {
  test("hide at once and ask the server at once", () => {
    const { deletions, server } = scene();
    expect(deletions.remove(item)).toBe(true);
    expect(server.remove).toHaveBeenCalledWith("a");
    expect([...deletions.hidden()]).toEqual(["a"]);
  });

  test("a second click on the same item sends nothing", () => {
    const { deletions, server } = scene();
    deletions.remove(item);
    expect(deletions.remove(item)).toBe(false);
    expect(server.remove).toHaveBeenCalledTimes(1);
  });

  test("a refused deletion comes back with the reason", async () => {
    const { deletions, outcome, removed } = scene();
    deletions.remove(item);
    removed.reject("503");
    await settled();
    expect(outcome.back).toHaveBeenCalledWith(item);
    expect(outcome.refused).toHaveBeenCalledWith("delete", item, "503");
    expect(deletions.hidden().size).toBe(0);
  });

  test("undo waits for the deletion, then restores", async () => {
    const { deletions, server, outcome, removed, restored } = scene();
    deletions.remove(item);
    void deletions.undo("a");
    await settled();
    expect(server.restore).not.toHaveBeenCalled();
    removed.resolve();
    await settled();
    expect(server.restore).toHaveBeenCalledWith("a");
    expect(deletions.hidden().has("a")).toBe(true);
    const newer = { ...item, title: "変わった" };
    restored.resolve(newer);
    await settled();
    expect(outcome.back).toHaveBeenCalledWith(newer);
    expect(deletions.hidden().size).toBe(0);
  });

  test("undo of a deletion that was refused restores nothing", async () => {
    const { deletions, server, removed } = scene();
    deletions.remove(item);
    void deletions.undo("a");
    removed.reject("500");
    await settled();
    expect(server.restore).not.toHaveBeenCalled();
    expect(deletions.hidden().size).toBe(0);
  });

  test("undo twice restores once, and not after the offer has ended", async () => {
    const { deletions, server, removed } = scene();
    deletions.remove(item);
    removed.resolve();
    void deletions.undo("a");
    void deletions.undo("a");
    await settled();
    expect(server.restore).toHaveBeenCalledTimes(1);

    const other = scene();
    other.deletions.remove(item);
    other.removed.resolve();
    other.deletions.settle("a");
    await other.deletions.undo("a");
    expect(other.server.restore).not.toHaveBeenCalled();
    expect(other.deletions.hidden().has("a")).toBe(true);
  });

  test("the end of the offer does not cut a running undo", async () => {
    const { deletions, removed, restored } = scene();
    deletions.remove(item);
    removed.resolve();
    void deletions.undo("a");
    deletions.settle("a");
    restored.resolve(item);
    await settled();
    expect(deletions.hidden().size).toBe(0);
  });

  test("a refused restore says so and keeps the item away", async () => {
    const { deletions, outcome, removed, restored } = scene();
    deletions.remove(item);
    removed.resolve();
    void deletions.undo("a");
    await settled();
    restored.reject("404");
    await settled();
    expect(outcome.refused).toHaveBeenCalledWith("restore", item, "404");
    expect(deletions.hidden().has("a")).toBe(true);
  });

  test("an item restored elsewhere shows again, one being deleted here does not", () => {
    const { deletions, removed } = scene();
    deletions.remove(item);
    deletions.reappeared("a");
    expect(deletions.hidden().has("a")).toBe(true);
    removed.resolve();
    deletions.settle("a");
    deletions.reappeared("a");
    expect(deletions.hidden().has("a")).toBe(false);
  });

  test("one that is restored elsewhere while it can be taken back here shows again, once it was gone", () => {
    const { deletions, removed } = scene();
    deletions.remove(item);
    removed.resolve();
    expect(deletions.reappeared("a"), "a notice of before").toBe(false);
    deletions.confirmed("a");
    expect(deletions.reappeared("a")).toBe(true);
    expect(deletions.hidden().size).toBe(0);
  });

  test("readers get the same set until something changes, and are told when it does", () => {
    const { deletions } = scene();
    expect(deletions.hidden()).toBe(deletions.hidden());
    const seen = vi.fn();
    const stop = deletions.subscribe(seen);
    deletions.remove(item);
    expect(seen).toHaveBeenCalledTimes(1);
    stop();
    deletions.reappeared("a");
    deletions.remove({ ...item, id: "b" });
    expect(seen).toHaveBeenCalledTimes(1);
  });
});
