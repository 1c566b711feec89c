import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Deletions, undoMilliseconds } from "./deletions";

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

const settled = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("deletions", () => {
  test("hide at once, ask the server at once, and offer to take it back for eight seconds", async () => {
    const { deletions, server, removed } = scene();
    deletions.remove(item);
    expect(server.remove).toHaveBeenCalledWith("a");
    expect(deletions.hidden().has("a")).toBe(true);
    removed.resolve();
    await vi.advanceTimersByTimeAsync(undoMilliseconds - 1);
    expect(deletions.list()).toEqual([{ item, state: "undoable" }]);
    await vi.advanceTimersByTimeAsync(1);
    expect(deletions.list()).toEqual([]);
    expect(deletions.hidden().has("a")).toBe(true);
  });

  test("a second click on the same item sends nothing", () => {
    const { deletions, server } = scene();
    deletions.remove(item);
    deletions.remove(item);
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
    expect(deletions.list()).toEqual([]);
  });

  test("undo waits for the deletion, then restores", async () => {
    const { deletions, server, outcome, removed, restored } = scene();
    deletions.remove(item);
    void deletions.undo("a");
    expect(deletions.list()).toEqual([{ item, state: "restoring" }]);
    await settled();
    expect(server.restore).not.toHaveBeenCalled();
    removed.resolve();
    await settled();
    expect(server.restore).toHaveBeenCalledWith("a");
    const newer = { ...item, title: "変わった" };
    restored.resolve(newer);
    await settled();
    expect(outcome.back).toHaveBeenCalledWith(newer);
    expect(deletions.hidden().size).toBe(0);
    expect(deletions.list()).toEqual([]);
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
    expect(deletions.list()).toEqual([]);
  });

  test("the clock stands still while the offer is pointed at", async () => {
    const { deletions, removed } = scene();
    deletions.remove(item);
    removed.resolve();
    await vi.advanceTimersByTimeAsync(5_000);
    deletions.pause("a");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(deletions.list()).toHaveLength(1);
    deletions.resume("a");
    await vi.advanceTimersByTimeAsync(2_999);
    expect(deletions.list()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(deletions.list()).toEqual([]);
  });

  test("an item restored elsewhere shows again, one being deleted here does not", async () => {
    const { deletions, removed } = scene();
    deletions.remove(item);
    deletions.reappeared("a");
    expect(deletions.hidden().has("a")).toBe(true);
    removed.resolve();
    deletions.dismiss("a");
    deletions.reappeared("a");
    expect(deletions.hidden().has("a")).toBe(false);
  });

  test("readers get the same snapshot until something changes", () => {
    const { deletions } = scene();
    expect(deletions.list()).toBe(deletions.list());
    const seen = vi.fn();
    const stop = deletions.subscribe(seen);
    deletions.remove(item);
    expect(seen).toHaveBeenCalled();
    stop();
    deletions.dismiss("a");
    expect(seen).toHaveBeenCalledTimes(1);
  });
});
