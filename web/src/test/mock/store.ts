import { newId } from "../../lib/ids.ts";
import type { components } from "../../lib/api/schema";

type Schemas = components["schemas"];
export type Message = Schemas["Message"];
export type Thread = Schemas["Thread"] & { deleted: boolean };
export type Event = Schemas["Event"];
type Distribute<T> = T extends unknown ? Omit<T, "n"> : never;
export type NewEvent = Distribute<Event>;

export interface Generation {
  id: string;
  thread: string;
  events: Event[];
  ended: boolean;
  stop: () => void;
  listeners: Set<(event: Event) => void>;
}

/** Everything the development server remembers, until it ends. */
export class Store {
  readonly threads = new Map<string, Thread>();
  readonly messages = new Map<string, Message & { thread: string }>();
  readonly generations = new Map<string, Generation>();
  readonly notices = new Set<(notice: object) => void>();
  #clock = 0;

  /** Times that never repeat, so that sorting by them is stable. */
  now(): string {
    this.#clock = Math.max(Date.now(), this.#clock + 1);
    return new Date(this.#clock).toISOString();
  }

  createThread(title = "", id = newId()): Thread {
    const now = this.now();
    const thread: Thread = { id, title, created_at: now, updated_at: now, archived: false, head: null, settings: {}, deleted: false };
    this.threads.set(id, thread);
    return thread;
  }

  item(thread: Thread): Schemas["ThreadItem"] {
    const { id, title, created_at, updated_at, archived, head } = thread;
    const running = [...this.generations.values()].some((generation) => generation.thread === id && !generation.ended);
    return { id, title, created_at, updated_at, archived, head, running };
  }

  notify(thread: Thread): void {
    const notice = thread.deleted ? { type: "thread", deleted: thread.id } : { type: "thread", thread: this.item(thread) };
    this.notices.forEach((listener) => listener(notice));
  }

  addMessage(thread: Thread, message: Partial<Message> & Pick<Message, "role" | "text">, id = newId()): Message {
    const parent = message.parent === undefined ? thread.head : message.parent;
    const made: Message & { thread: string } = {
      parent, siblings: [], state: "complete", generation: null, finish: null, error: null, model: null, files: [], steps: [], citations: [],
      reasoning: null, usage: null, feedback: null, notice: null, created_at: this.now(), ...message, id, thread: thread.id,
    };
    this.messages.set(id, made);
    thread.head = id;
    thread.updated_at = made.created_at;
    return made;
  }

  view(message: Message & { thread: string }): Message {
    const { thread, ...rest } = message;
    const siblings = [...this.messages.values()].filter((other) => other.thread === thread && other.parent === message.parent && other.role === message.role).map(({ id }) => id);
    return { ...rest, siblings };
  }

  branch(thread: Thread): (Message & { thread: string })[] {
    const branch: (Message & { thread: string })[] = [];
    for (let id = thread.head; id !== null; ) {
      const message = this.messages.get(id);
      if (!message) break;
      branch.push(message);
      id = message.parent;
    }
    return branch.reverse();
  }

  newestLeaf(id: string): string {
    const child = [...this.messages.values()].findLast((message) => message.parent === id);
    return child ? this.newestLeaf(child.id) : id;
  }

  emit(generation: Generation, event: NewEvent): void {
    const numbered = { n: generation.events.length + 1, ...event };
    generation.events.push(numbered);
    generation.listeners.forEach((listener) => listener(numbered));
  }
}
