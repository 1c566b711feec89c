import { expect, it, vi } from "vitest";
import type { Event } from "../api/types";
import type { Live, Reader } from "./live";
import { Turns } from "./turns";

function setUp() {
  const readers = new Map<string, Reader>();
  const frames: (() => void)[] = [];
  const live: Pick<Live, "follow"> = { follow: (generation, _after, reader) => (readers.set(generation, reader), () => readers.delete(generation)) };
  const turns = new Turns(live as Live, (flush) => frames.push(flush));
  const send = (generation: string, event: Event) => readers.get(generation)?.onEvent(event);
  const frame = () => frames.splice(0).forEach((flush) => flush());
  return { turns, send, frame, frames, readers };
}

it("tells readers once a frame, with every event in", () => {
  const { turns, send, frame, frames } = setUp();
  const listener = vi.fn();
  turns.subscribe("g", listener);
  turns.follow("g");
  turns.follow("g");
  expect(listener).toHaveBeenCalledTimes(1);
  for (let n = 1; n <= 50; n++) send("g", { n, type: "text", data: { delta: "a" } });
  expect(turns.get("g")?.text).toBe("");
  expect(frames).toHaveLength(1);
  frame();
  expect(listener).toHaveBeenCalledTimes(2);
  expect(turns.get("g")?.text).toHaveLength(50);
});

it("tells the end once, and forgets when asked", () => {
  const { turns, send, frame, readers } = setUp();
  const onEnded = vi.fn();
  turns.onEnded(onEnded);
  turns.follow("g");
  send("g", { n: 1, type: "done", data: { finish: "stop" } });
  frame();
  frame();
  expect(onEnded).toHaveBeenCalledTimes(1);
  turns.forget("g");
  expect(turns.get("g")).toBeUndefined();
  expect(readers.size).toBe(0);
});

it("tells when events are lost", () => {
  const { turns, readers } = setUp();
  const onEnded = vi.fn();
  turns.onEnded(onEnded);
  turns.follow("g");
  readers.get("g")?.onLost();
  expect(onEnded).toHaveBeenCalledWith("g", null);
});
