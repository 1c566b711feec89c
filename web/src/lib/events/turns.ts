import { useSyncExternalStore } from "react";
import type { Event } from "../api/types";
import type { Live } from "./live";
import { applyTurnEvent, hasEnded, newTurn, type Turn } from "./turn";

/** When changed turns are shown: once a frame, or soon where no frames are drawn. */
export type Schedule = (flush: () => void) => void;

const nextFrame: Schedule = (flush) => {
  let done = false;
  const once = () => {
    if (done) return;
    done = true;
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    flush();
  };
  const frame = requestAnimationFrame(once);
  // A hidden tab draws no frames, but its title and its reader go on.
  const timer = setTimeout(once, 250);
};

interface Entry {
  turn: Turn;
  /** What readers were last told. */
  shown: Turn;
  end: () => void;
}

/**
 * The answers that run now, gathered from their events. However many events arrive between two frames, a reader is told
 * once, with all of them in.
 */
export class Turns {
  #entries = new Map<string, Entry>();
  #listeners = new Map<string, Set<() => void>>();
  #changed = new Map<string, Entry>();
  #waiting = false;
  #ended = new Set<(generation: string, turn: Turn | null) => void>();

  constructor(
    private readonly live: Live,
    private readonly schedule: Schedule = nextFrame,
  ) {}

  /** Begins to read a generation from its first event; once, however often it is called. */
  follow(generation: string): void {
    if (this.#entries.has(generation)) return;
    const entry: Entry = { turn: newTurn, shown: newTurn, end: () => undefined };
    this.#entries.set(generation, entry);
    entry.end = this.live.follow(generation, 0, {
      onEvent: (event) => this.#take(generation, entry, event),
      onLost: () => this.#ended.forEach((listener) => listener(generation, null)),
    });
    this.#tell(generation);
  }

  get(generation: string): Turn | undefined {
    return this.#entries.get(generation)?.shown;
  }

  /** Told after each frame in which the turn changed; also before the generation is followed. */
  subscribe(generation: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(generation) ?? new Set();
    this.#listeners.set(generation, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(generation) === listeners) this.#listeners.delete(generation);
    };
  }

  /** Told when a generation came to its end, with null when its events could not be read to it. */
  onEnded(listener: (generation: string, turn: Turn | null) => void): () => void {
    this.#ended.add(listener);
    return () => this.#ended.delete(listener);
  }

  /** Forgets a generation: what the store says about its message is whole now. */
  forget(generation: string): void {
    const entry = this.#entries.get(generation);
    if (!entry) return;
    entry.end();
    this.#entries.delete(generation);
    this.#changed.delete(generation);
    this.#tell(generation);
  }

  #take(generation: string, entry: Entry, event: Event): void {
    entry.turn = applyTurnEvent(entry.turn, event);
    this.#changed.set(generation, entry);
    if (this.#waiting) return;
    this.#waiting = true;
    this.schedule(() => this.#flush());
  }

  #flush(): void {
    this.#waiting = false;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const [generation, entry] of changed) {
      const over = !hasEnded(entry.shown) && hasEnded(entry.turn);
      entry.shown = entry.turn;
      this.#tell(generation);
      if (over) this.#ended.forEach((listener) => listener(generation, entry.turn));
    }
  }

  #tell(generation: string): void {
    this.#listeners.get(generation)?.forEach((listener) => listener());
  }
}

/** The running turn of a generation, at most once a frame; undefined when it is not followed. */
export function useTurn(turns: Turns, generation: string | null): Turn | undefined {
  return useSyncExternalStore(
    (listener) => (generation === null ? () => undefined : turns.subscribe(generation, listener)),
    () => (generation === null ? undefined : turns.get(generation)),
  );
}
