import type { Citation, Event, Finish, ModelProblem, Step, Usage } from "../api/types";

/** One answer as its reader sees it. `n` is the last event in it; `text` only ever grows, but for an interruption. */
export interface Turn {
  n: number;
  status: "waiting" | "streaming" | "done" | "stopped" | "interrupted" | "failed";
  text: string;
  reasoning: string;
  steps: readonly Step[];
  citations: readonly Citation[];
  model: string | null;
  title: string | null;
  usage: Usage | null;
  finish: Finish | null;
  error: ModelProblem | null;
}

export const newTurn: Turn = {
  n: 0,
  status: "waiting",
  text: "",
  reasoning: "",
  steps: [],
  citations: [],
  model: null,
  title: null,
  usage: null,
  finish: null,
  error: null,
};

export function isTerminal(event: Event): boolean {
  return event.type === "done" || event.type === "stopped" || event.type === "interrupted" || event.type === "failed";
}

export function hasEnded(turn: Turn): boolean {
  return turn.status !== "waiting" && turn.status !== "streaming";
}

/** Pure, so every case of streaming is a plain test. What was seen, and what comes after the end, changes nothing. */
export function applyTurnEvent(turn: Turn, event: Event): Turn {
  if (event.n <= turn.n || hasEnded(turn)) return turn;
  const next = { ...turn, n: event.n };
  switch (event.type) {
    case "started":
      return { ...next, model: event.data.model };
    case "step":
      return { ...next, steps: replaceBy(turn.steps, event.data, (step) => step.id) };
    case "reasoning":
      return { ...next, status: "streaming", reasoning: turn.reasoning + event.data.delta };
    case "text":
      return { ...next, status: "streaming", text: turn.text + event.data.delta };
    case "citation":
      return { ...next, citations: replaceBy(turn.citations, event.data, (citation) => citation.number) };
    case "usage":
      return { ...next, usage: event.data };
    case "title":
      return { ...next, title: event.data.title };
    case "done":
      return { ...next, status: "done", finish: event.data.finish };
    case "stopped":
      return { ...next, status: "stopped" };
    case "interrupted":
      return { ...next, status: "interrupted", text: cutToBytes(turn.text, event.data.length) };
    case "failed":
      return { ...next, status: "failed", error: event.data };
    default:
      // A newer server may know more kinds; their numbers count all the same.
      event satisfies never;
      return next;
  }
}

function replaceBy<T>(items: readonly T[], item: T, key: (item: T) => unknown): readonly T[] {
  const at = items.findIndex((other) => key(other) === key(item));
  return at < 0 ? [...items, item] : items.with(at, item);
}

/** The longest start of `text` of at most `length` UTF-8 bytes that breaks no character. */
export function cutToBytes(text: string, length: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (bytes > length) return text.slice(0, end);
    end += character.length;
  }
  return text;
}
