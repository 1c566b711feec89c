import { describe, expect, it } from "vitest";
import type { Message } from "@/lib/api/types";
import { newTurn } from "@/lib/events/turn";
import { accept, addSibling, addTurn, breaksOff, commitTurn, fail, isRunning, isSending, keyOf, mergePage, newQuestion, newReply, prependPage, takeBack, took, withUnsent, type Conversation, type Item } from "./conversation";

const now = "2026-11-20T00:00:00.000Z";

function message(id: string, parent: string | null, change: Partial<Message> = {}): Message {
  const { local: _, key: __, ...base } = newReply(id, parent ?? "", null, now);
  return { ...base, parent, state: "complete", ...change };
}

const q1 = message("q1", null, { role: "user", text: "質問" });
const a1 = message("a1", "q1", { text: "回答" });
const q2 = message("q2", "a1", { role: "user", text: "次" });
const a2 = message("a2", "q2", { text: "その答え" });
const all: Conversation = { items: [q1, a1, q2, a2], next: null };

const ids = (conversation: Conversation) => conversation.items.map(({ id }) => id);

describe("mergePage", () => {
  it("keeps older pages, and the objects that did not change", () => {
    const old = { items: [q1, a1, q2], next: "older" };
    const merged = mergePage(old, { items: [{ ...q2 }, a2], next: "cursor" });
    expect(ids(merged)).toEqual(["q1", "a1", "q2", "a2"]);
    expect(merged.items[2]).toBe(q2);
    expect(merged.next).toBe("older");
  });

  it("drops what left the branch", () => {
    const other = message("a3", "q2");
    expect(ids(mergePage(all, { items: [q2, other], next: "c" }))).toEqual(["q1", "a1", "q2", "a3"]);
    expect(ids(mergePage(all, { items: [other], next: "c" }))).toEqual(["a3"]);
  });

  it("keeps what is being sent until it arrives, under the same key", () => {
    const sent = addTurn(all, newQuestion("q3", "a2", "三", [], now), newReply("temp", "q3", null, now));
    const merged = mergePage(sent, { items: all.items as Item[], next: null });
    expect(ids(merged)).toEqual(["q1", "a1", "q2", "a2", "q3", "temp"]);
    const taken = accept(merged, "q3", "temp", { message: "q3", reply: "a3", generation: "g" });
    expect(isSending(taken)).toBe(false);
    const arrived = mergePage(taken, { items: [message("q3", "a2", { role: "user" }), message("a3", "q3", { state: "pending", generation: "g" })], next: null });
    expect(ids(arrived).slice(-2)).toEqual(["q3", "a3"]);
    expect(keyOf(arrived.items.at(-1) as Item)).toBe("temp");
  });
});

describe("a turn whose answer was lost on the way", () => {
  const sent = addTurn(all, newQuestion("q3", "a2", "三", [], now), newReply("temp", "q3", null, now));
  const stored = [message("q3", "a2", { role: "user", text: "三" }), message("a3", "q3", { state: "pending", generation: "g" })];
  const reread = mergePage(sent, { items: [...(all.items as Item[]), ...stored], next: null });

  it("is shown once when a re-read brings it, its answer in the place made for it", () => {
    expect(ids(reread)).toEqual(["q1", "a1", "q2", "a2", "q3", "a3"]);
    expect(keyOf(reread.items[5] as Item)).toBe("temp");
    expect(isSending(reread)).toBe(false);
  });

  it("is still shown once when sending it again succeeds", () => {
    const taken = accept(reread, "q3", "temp", { message: "q3", reply: "a3", generation: "g" });
    expect(ids(taken)).toEqual(["q1", "a1", "q2", "a2", "q3", "a3"]);
    const late = accept({ ...sent, items: [...sent.items, stored[1] as Item] }, "q3", "temp", { message: "q3", reply: "a3", generation: "g" });
    expect(ids(late)).toEqual(["q1", "a1", "q2", "a2", "q3", "a3"]);
  });

  it("is neither marked nor taken back when sending it again fails", () => {
    expect(fail(reread, "q3", "temp", new Error("network")).items).toEqual(reread.items);
    expect(takeBack(reread, ["q3", "temp"], all)).toBe(reread);
  });
});

it("marks a question that did not arrive, and makes no place for its answer", () => {
  const sent = addTurn(all, newQuestion("q3", "a2", "三", [], now), newReply("temp", "q3", null, now));
  const failed = fail(sent, "q3", "temp", "network");
  expect(ids(failed)).toEqual(["q1", "a1", "q2", "a2", "q3"]);
  expect(failed.items[4]?.local).toEqual({ state: "failed", error: "network" });
});

describe("takeBack", () => {
  it("keeps what came in meanwhile", () => {
    const sent = addTurn({ items: [q2, a2], next: "c" }, newQuestion("q3", "a2", "三", [], now), newReply("temp", "q3", null, now));
    const older = prependPage(sent, { items: [q1, a1], next: null });
    expect(takeBack(older, ["q3", "temp"], { items: [q2, a2], next: "c" })).toEqual({ items: [q1, a1, q2, a2], next: null });
  });

  it("brings back the branch that an edited question and a new answer had replaced", () => {
    const before = { ...all, next: "older" };
    const edited = addTurn(before, newQuestion("q1b", null, "別", [], now), newReply("r", "q1b", null, now));
    expect(takeBack(edited, ["q1b", "r"], before)).toEqual(before);
    expect(takeBack(addSibling(before, "a1", newReply("r", "q1", null, now)), ["r"], before)).toEqual(before);
  });
});

it("keeps a new answer in the place of the old one when a re-read has not got it", () => {
  const again = addSibling(all, "a2", newReply("r", "q2", null, now));
  expect(ids(mergePage(again, { items: all.items as Item[], next: null }))).toEqual(["q1", "a1", "q2", "r"]);
});

it("shows what was kept of a question that is not among the messages, and only that", () => {
  const kept = (id: string, text: string) => ({ id, text, files: [], at: now });
  expect(withUnsent(all, [kept("q1", "質問")], "lost")).toBe(all);
  const shown = withUnsent(all, [kept("q1", "質問"), kept("q3", "三")], "lost");
  expect(ids(shown)).toEqual(["q1", "a1", "q2", "a2", "q3"]);
  expect(shown.items[4]).toMatchObject({ text: "三", parent: "a2", created_at: now, local: { state: "failed", error: "lost" } });
  expect(isRunning(shown)).toBe(false);
});

it("prepends an older page without repeating a message", () => {
  expect(ids(prependPage({ items: [q2, a2], next: "c" }, { items: [q1, a1, q2], next: null }))).toEqual(["q1", "a1", "q2", "a2"]);
});

describe("branches", () => {
  it("begin where an edited question stood", () => {
    const edited = addTurn(all, newQuestion("q2b", "a1", "別", [], now), newReply("r", "q2b", null, now));
    expect(ids(edited)).toEqual(["q1", "a1", "q2b", "r"]);
    expect(edited.items[2]?.siblings).toEqual(["q2", "q2b"]);
  });

  it("begin at the root when the first question is edited", () => {
    const edited = addTurn(all, newQuestion("q1b", null, "別", [], now), newReply("r", "q1b", null, now));
    expect(ids(edited)).toEqual(["q1b", "r"]);
  });

  it("begin where an answer is made again", () => {
    const again = addSibling(all, "a1", newReply("r", "q1", null, now));
    expect(ids(again)).toEqual(["q1", "r"]);
    expect(again.items[1]?.siblings).toEqual(["a1", "r"]);
    expect(isRunning(again)).toBe(true);
  });
});

const lastTook = ({ items }: Conversation) => items.slice(-1).map(took)[0];

it("commits a turn into its message", () => {
  const running = { items: [q1, { ...a1, state: "pending" as const, generation: "g" }], next: null };
  const committed = commitTurn(running, "g", { ...newTurn, status: "stopped", text: "途中", reasoning: "" });
  expect(committed.items[1]).toMatchObject({ state: "stopped", text: "途中", reasoning: null });
  expect(isRunning(committed)).toBe(false);
  expect(lastTook(committed)).toBeNull();
});

it("knows which answers break off in the middle", () => {
  for (const state of ["stopped", "interrupted", "failed"] as const) expect(breaksOff({ ...a1, state })).toBe(true);
  for (const finish of ["length", "filtered"] as const) expect(breaksOff({ ...a1, finish })).toBe(true);
  expect(breaksOff({ ...a1, finish: "stop" })).toBe(false);
});

it("says how long an answer took: by this clock at first, then by the server's", () => {
  const asked = accept(addTurn(all, newQuestion("q3", "a2", "三", [], now), newReply("r", "q3", null, now)), "q3", "r", { message: "q3", reply: "a3", generation: "g" });
  const done = commitTurn(asked, "g", { ...newTurn, status: "done", text: "答" }, Date.parse(now) + 2100);
  expect(lastTook(done)).toBe(2100);
  const stored = message("a3", "q3", { text: "答", generation: "g", created_at: "2026-01-01T00:00:00.000Z", ended_at: "2026-01-01T00:00:01.900Z" });
  const merged = mergePage(done, { items: [message("q3", "a2", { role: "user" }), stored], next: null });
  expect(lastTook(merged)).toBe(1900);
  expect(took({ ...stored, ended_at: null })).toBeNull();
});
