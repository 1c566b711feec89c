import type { Message, MessagePage, TurnAccepted } from "@/lib/api/types";
import type { Turn } from "@/lib/events/turn";
import type { Unsent } from "./outbox";

/** What the page itself knows about a message that the server has not confirmed. */
export type Local = { state: "sending" } | { state: "failed"; error: unknown };

/** A message as the list shows it. `key` stays the same when the server names a message that was shown before. */
export type Item = Message & { key?: string; local?: Local };

/** The loaded end of a thread's branch, newest last; `next` leads to older messages. */
export interface Conversation {
  items: readonly Item[];
  next: string | null;
}

export const emptyConversation: Conversation = { items: [], next: null };

export function keyOf(item: Item): string {
  return item.key ?? item.id;
}

const blank = {
  siblings: [], finish: null, error: null, model: null, files: [], steps: [], citations: [], reasoning: null, usage: null, feedback: null, notice: null, generation: null,
} satisfies Partial<Message>;

export function newQuestion(id: string, parent: string | null, text: string, files: Message["files"], now: string): Item {
  return { ...blank, id, parent, siblings: [id], role: "user", text, files, state: "complete", created_at: now, local: { state: "sending" } };
}

export function newReply(id: string, parent: string, model: string | null, now: string): Item {
  return { ...blank, id, key: id, parent, siblings: [id], role: "assistant", text: "", state: "pending", model, created_at: now, local: { state: "sending" } };
}

/** The newest page from the server over what is loaded: older messages and what is still being sent stay. */
export function mergePage(old: Conversation | undefined, page: MessagePage): Conversation {
  if (!old) return page;
  const known = new Map(old.items.map((item) => [item.id, item]));
  const arrived = new Set(page.items.map(({ id }) => id));
  // The place of an answer has an id of our own: whatever answers its question fills it.
  const places = new Map<string | null, Item>();
  for (const item of old.items) if (item.local && item.role === "assistant" && known.get(item.parent ?? "")?.local) places.set(item.parent, item);
  const fresh = page.items.map((message) => keep(known.get(message.id) ?? places.get(message.parent), message));
  const filled = (item: Item) => places.get(item.parent) === item && arrived.has(item.parent ?? "");
  const unsent = old.items.filter((item) => item.local && !arrived.has(item.id) && !filled(item));
  // One that is asked for again stands where the answer before it stood.
  const again = unsent.find((item) => item.role === "assistant" && arrived.has(item.parent ?? ""));
  const branch = again ? fresh.slice(0, fresh.findIndex(({ id }) => id === again.parent) + 1) : fresh;
  const first = page.items[0];
  const at = first ? old.items.findIndex(({ id }) => id === first.id) : -1;
  if (at < 0) return { items: [...branch, ...unsent], next: page.next };
  const older = old.items.slice(0, at).filter((item) => !item.local);
  return { items: [...older, ...branch, ...unsent], next: at > 0 ? old.next : page.next };
}

/** Keeps the identity that a row was shown under, and the object itself when nothing changed. */
function keep(old: Item | undefined, message: Message): Item {
  if (!old) return message;
  const next: Item = { ...message, ...(old.key === undefined ? {} : { key: old.key }) };
  return JSON.stringify(next) === JSON.stringify(old) ? old : next;
}

export function prependPage(old: Conversation, page: MessagePage): Conversation {
  const known = new Set(old.items.map(({ id }) => id));
  return { items: [...page.items.filter(({ id }) => !known.has(id)), ...old.items], next: page.next };
}

/** A question and the place of its answer, after `parent`; what stood there before leaves the branch. */
export function addTurn(old: Conversation, question: Item, reply: Item): Conversation {
  const at = old.items.findIndex(({ id }) => id === question.parent);
  const before = question.parent === null ? [] : at < 0 ? old.items : old.items.slice(0, at + 1);
  const replaced = old.items[before.length];
  const siblings = replaced?.role === "user" ? [...replaced.siblings, question.id] : question.siblings;
  return { ...old, items: [...before, { ...question, siblings }, reply], next: question.parent === null ? null : old.next };
}

/** Adds at the end what was sent, as was kept, and is not among the messages. */
export function withUnsent(old: Conversation, unsent: readonly Unsent[], error: unknown): Conversation {
  const here = new Set(old.items.map(({ id }) => id));
  const local = { state: "failed", error } as const;
  const missing = unsent
    .filter(({ id }) => !here.has(id))
    .map(({ id, text, files, parent, at }): Item => ({ ...newQuestion(id, parent ?? old.items.at(-1)?.id ?? null, text, [...files], at), local }));
  return missing.length === 0 ? old : { ...old, items: [...old.items, ...missing] };
}

/** A new answer in the place of `answer`. */
export function addSibling(old: Conversation, answer: string, reply: Item): Conversation {
  const at = old.items.findIndex(({ id }) => id === answer);
  const replaced = old.items[at];
  if (!replaced) return old;
  return { ...old, items: [...old.items.slice(0, at), { ...reply, siblings: [...replaced.siblings, reply.id] }] };
}

/** The server has taken the turn: its ids replace ours, unless a re-read has brought its messages already. */
export function accept(old: Conversation, question: string | null, reply: string, accepted: TurnAccepted): Conversation {
  const arrived = old.items.some(({ id }) => id === accepted.reply && id !== reply);
  return {
    ...old,
    items: old.items.flatMap((item) => {
      if (item.id === question) return [without(item)];
      if (item.id !== reply) return [item];
      if (arrived) return [];
      const siblings = item.siblings.map((id) => (id === reply ? accepted.reply : id));
      return [{ ...without(item), id: accepted.reply, siblings, generation: accepted.generation }];
    }),
  };
}

/** A question did not arrive: there is no place for its answer, until it is sent again. One that a re-read has brought stays as it is. */
export function fail(old: Conversation, question: string, reply: string, error: unknown): Conversation {
  return {
    ...old,
    items: old.items.flatMap((item) => {
      if (item.local && item.id === reply) return [];
      return [item.local && item.id === question ? { ...item, local: { state: "failed", error } as const } : item];
    }),
  };
}

/** What the server refused goes, and what made room for it comes back from `before`; all else stays as it has become. */
export function takeBack(old: Conversation, ids: readonly string[], before: Conversation): Conversation {
  const refused = (item: Item) => item.local !== undefined && ids.includes(item.id);
  const at = old.items.findIndex(refused);
  if (at < 0) return old;
  const rest = old.items.filter((item) => !refused(item));
  const there = new Set(rest.map(({ id }) => id));
  const back = before.items.filter(({ id }) => !there.has(id));
  return { items: [...rest.slice(0, at), ...back, ...rest.slice(at)], next: at === 0 ? before.next : old.next };
}

function without({ local: _, ...item }: Item): Item {
  return item;
}

export function change(old: Conversation, id: string, with_: Partial<Item>): Conversation {
  return { ...old, items: old.items.map((item) => (item.id === id ? { ...item, ...with_ } : item)) };
}

/** The end of a turn as its events told it. */
export function commitTurn(old: Conversation, generation: string, turn: Turn, now = Date.now()): Conversation {
  const { text, status, steps, citations, usage, finish, error } = turn;
  if (status === "waiting" || status === "streaming") return old;
  const state = status === "done" ? "complete" : status;
  return {
    ...old,
    items: old.items.map((item) =>
      item.generation === generation && item.state === "pending"
        ? { ...item, text, state, steps: [...steps], citations: [...citations], usage, finish, error, reasoning: turn.reasoning || null, model: turn.model ?? item.model, ended_at: endedHere(item, state, now) }
        : item,
    ),
  };
}

/** By this clock, until the server says by its own; only of what was asked for here and began by this one. */
function endedHere(item: Item, state: Message["state"], now: number): string | null {
  return item.key === undefined || state === "interrupted" ? null : new Date(now).toISOString();
}

/** How many milliseconds an answer took, where its end is known. */
export function took({ created_at, ended_at }: Item): number | null {
  const passed = Date.parse(ended_at ?? "") - Date.parse(created_at);
  return passed >= 0 ? passed : null;
}

/** Whether the text of an answer may end in the middle of a sentence, a link or a block of code. */
export function breaksOff({ state, finish }: Item): boolean {
  return state === "stopped" || state === "interrupted" || state === "failed" || finish === "length" || finish === "filtered";
}

export function isRunning(conversation: Conversation | undefined): boolean {
  return conversation?.items.some((item) => item.state === "pending") ?? false;
}

/** Whether the last answer ended before its end. */
export function isBroken(conversation: Conversation | undefined): boolean {
  const state = conversation?.items.at(-1)?.state;
  return state === "stopped" || state === "interrupted" || state === "failed";
}

/** Whether a message is on its way, or failed to get there. */
export function isUnsent(conversation: Conversation, id: string): boolean {
  return conversation.items.some((item) => item.id === id && item.local);
}

export function isSending(conversation: Conversation | undefined): boolean {
  return conversation?.items.some((item) => item.local?.state === "sending") ?? false;
}
