/** How long a deletion can be taken back from the page. */
export const undoMilliseconds = 8_000;

/** A deletion that can still be taken back. */
export interface Deletion<T> {
  item: T;
  state: "undoable" | "restoring";
}

interface Server<T> {
  remove(id: string): Promise<unknown>;
  restore(id: string): Promise<T>;
}

interface Outcome<T> {
  /** The server refused to delete `item`, or it was restored: show it again. */
  back(item: T): void;
  /** What went wrong, for a person. The item stays as it was before the attempt. */
  refused(action: "delete" | "restore", item: T, reason: unknown): void;
}

interface Entry<T> extends Deletion<T> {
  removed: Promise<boolean>;
  remaining: number;
  startedAt: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Deletes at once and offers to take it back for eight seconds.
 *
 * The request is sent immediately, so closing the page does not bring the item back; undo is a second request.
 * An item is hidden from the moment of the click until the server refuses or restores it.
 */
export class Deletions<T extends { id: string }> {
  #entries = new Map<string, Entry<T>>();
  #hidden = new Set<string>();
  #listeners = new Set<() => void>();
  #snapshot: readonly Deletion<T>[] = [];
  #hiddenSnapshot: ReadonlySet<string> = new Set();

  constructor(
    private readonly server: Server<T>,
    private readonly outcome: Outcome<T>,
    private readonly now: () => number = Date.now,
  ) {}

  /** Oldest first; the same array until something changes. */
  readonly list = (): readonly Deletion<T>[] => this.#snapshot;

  /** Ids not to be shown; the same set until something changes. */
  readonly hidden = (): ReadonlySet<string> => this.#hiddenSnapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  remove(item: T): void {
    if (this.#hidden.has(item.id)) return;
    const removed = this.server.remove(item.id).then(
      () => true,
      (reason: unknown) => {
        this.#drop(item.id);
        this.#hidden.delete(item.id);
        this.outcome.back(item);
        this.outcome.refused("delete", item, reason);
        this.#changed();
        return false;
      },
    );
    const entry: Entry<T> = { item, state: "undoable", removed, remaining: undoMilliseconds, startedAt: 0, timer: undefined };
    this.#entries.set(item.id, entry);
    this.#hidden.add(item.id);
    this.#start(entry);
    this.#changed();
  }

  /** Takes a deletion back; waits for the deletion itself first, so the two never overtake each other. */
  async undo(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (!entry || entry.state === "restoring") return;
    clearTimeout(entry.timer);
    entry.state = "restoring";
    this.#changed();
    if (!(await entry.removed)) return;
    try {
      const restored = await this.server.restore(id);
      this.#hidden.delete(id);
      this.outcome.back(restored);
    } catch (reason) {
      this.outcome.refused("restore", entry.item, reason);
    }
    this.#drop(id);
    this.#changed();
  }

  /** Stops the clock while the person points at the offer or has it in focus. */
  pause(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry?.timer) return;
    clearTimeout(entry.timer);
    entry.timer = undefined;
    entry.remaining -= this.now() - entry.startedAt;
  }

  resume(id: string): void {
    const entry = this.#entries.get(id);
    if (entry && !entry.timer && entry.state === "undoable") this.#start(entry);
  }

  /** Ends the offer; the item stays deleted. */
  dismiss(id: string): void {
    this.#drop(id);
    this.#changed();
  }

  /** Another tab or device restored the item: it may be shown again. */
  reappeared(id: string): void {
    if (!this.#hidden.has(id) || this.#entries.has(id)) return;
    this.#hidden.delete(id);
    this.#changed();
  }

  #start(entry: Entry<T>): void {
    entry.startedAt = this.now();
    entry.timer = setTimeout(() => this.dismiss(entry.item.id), Math.max(entry.remaining, 0));
  }

  #drop(id: string): void {
    clearTimeout(this.#entries.get(id)?.timer);
    this.#entries.delete(id);
  }

  #changed(): void {
    this.#snapshot = [...this.#entries.values()].map(({ item, state }) => ({ item, state }));
    this.#hiddenSnapshot = new Set(this.#hidden);
    for (const listener of this.#listeners) listener();
  }
}
