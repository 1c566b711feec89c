import { describe, expect, it } from "vitest";
import type { Event } from "../api/types";
import { applyTurnEvent, cutToBytes, newTurn, type Turn } from "./turn";

const problem = { type: "about:blank", title: "", status: 503, detail: "", code: "unavailable", request_id: "r", class: "overloaded", retryable: true, provider: "p" } as const;

const answer: Event[] = [
  { n: 1, type: "started", data: { generation: "g", message: "m", reply: "r", model: "local/a" } },
  { n: 2, type: "step", data: { id: "s", kind: "retrieval", name: "search", state: "running", detail: {} } },
  { n: 3, type: "step", data: { id: "s", kind: "retrieval", name: "search", state: "done", detail: { passages: 3 } } },
  { n: 4, type: "reasoning", data: { delta: "まず" } },
  { n: 5, type: "text", data: { delta: "こん" } },
  { n: 6, type: "text", data: { delta: "にちは" } },
  { n: 7, type: "citation", data: { number: 1, passage: "p", document: "d", title: "t", place: "1", quote: "q", verified: true } },
  { n: 8, type: "title", data: { title: "挨拶" } },
  { n: 9, type: "usage", data: { input_tokens: 5, output_tokens: 3 } },
  { n: 10, type: "done", data: { finish: "stop" } },
];

const fold = (events: Event[], from: Turn = newTurn) => events.reduce(applyTurnEvent, from);

describe("applyTurnEvent", () => {
  it("gathers a whole answer", () => {
    expect(fold(answer)).toMatchObject({
      n: 10, status: "done", text: "こんにちは", reasoning: "まず", model: "local/a", title: "挨拶", finish: "stop",
      steps: [{ id: "s", state: "done" }], citations: [{ number: 1 }], usage: { output_tokens: 3 },
    });
  });

  it("gives the same however often and wherever the reading began again", () => {
    const whole = fold(answer);
    for (let cut = 0; cut <= answer.length; cut++) {
      for (let again = 0; again <= cut; again++) {
        const resumed = fold(answer.slice(again), fold(answer.slice(0, cut)));
        expect(resumed).toEqual(whole);
      }
    }
  });

  it.each<[Turn["status"], Event]>([
    ["stopped", { n: 7, type: "stopped", data: {} }],
    ["failed", { n: 7, type: "failed", data: problem }],
    ["interrupted", { n: 999, type: "interrupted", data: { reason: "restart", length: 6 } }],
  ])("keeps the text when it is %s, and hears nothing after it", (status, terminal) => {
    const turn = fold([...answer.slice(0, 6), terminal]);
    expect(turn.status).toBe(status);
    expect(turn.text).toBe(status === "interrupted" ? "こん" : "こんにちは");
    expect(applyTurnEvent(turn, { n: 1000, type: "text", data: { delta: "!" } })).toBe(turn);
  });

  it("counts kinds that it does not know", () => {
    const unknown = { n: 1, type: "weather", data: {} } as unknown as Event;
    expect(applyTurnEvent(newTurn, unknown)).toEqual({ ...newTurn, n: 1 });
  });
});

describe("cutToBytes", () => {
  it("breaks no character, at any length", () => {
    const text = "aé会👩‍👩‍👧𠮷b";
    const bytes = new TextEncoder().encode(text);
    for (let length = 0; length <= bytes.length + 1; length++) {
      const cut = cutToBytes(text, length);
      expect(text.startsWith(cut)).toBe(true);
      const size = new TextEncoder().encode(cut).length;
      expect(size).toBeLessThanOrEqual(length);
      const following = text.slice(cut.length).codePointAt(0);
      if (following !== undefined) expect(size + new TextEncoder().encode(String.fromCodePoint(following)).length).toBeGreaterThan(length);
    }
  });
});
