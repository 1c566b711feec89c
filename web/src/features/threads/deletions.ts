interface Server<T> {
  remove(id: string): Promise<unknown>;
  restore(id: string): Promise<T>;
}

interface Outcome<T> {
  /** The server refused to delete the item, or restored it: show it again. */
  back(item: T): void;
  /** What the person wanted did not happen; the item stays as it was before the attempt. */
  refused(action: "delete" | "restore", item: T, reason: unknown): void;
}

/**
 * Deletes at once, and takes a deletion back.
 *
 * The request is sent immediately, so closing the page does not bring the item back; undo is a second request that
 * never overtakes the first. An item is hidden from the click on, until the server refuses or restores it.
 */
export class Deletions<T extends { id: string }> {
  #pending = new Map<string, { item: T; removed: Promise<boolean>; restoring: boolean; confirmed: boolean }>();
  #hidden: ReadonlySet<string> = new Set();
  #listeners = new Set<() => void>();

  constructor(
    private readonly server: Server<T>,
    private readonly outcome: Outcome<T>,
  ) {}

  /** Ids not to be shown; the same set until something changes. */
  readonly hidden = (): ReadonlySet<string> => this.#hidden;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Returns whether there was anything to do: a second click on the same item has nothing. */
  remove(item: T): boolean {
    if (this.#hidden.has(item.id)) return false;
    const removed = this.server.remove(item.id).then(
      () => true,
      (reason: unknown) => {
        this.#end(item.id, item);
        this.outcome.refused("delete", item, reason);
        return false;
      },
    );
    this.#pending.set(item.id, { item, removed, restoring: false, confirmed: false });
    this.#hide([...this.#hidden, item.id]);
    return true;
  }

  /** Returns whether the item is back, also when the deletion itself was refused. */
  async undo(id: string): Promise<boolean> {
    const deletion = this.#pending.get(id);
    if (!deletion || deletion.restoring) return false;
    deletion.restoring = true;
    if (!(await deletion.removed)) return true;
    try {
      this.#end(id, await this.server.restore(id));
      return true;
    } catch (reason) {
      this.#pending.delete(id);
      this.outcome.refused("restore", deletion.item, reason);
      return false;
    }
  }

  /** The offer to take it back has ended; the item stays deleted. */
  settle(id: string): void {
    if (!this.#pending.get(id)?.restoring) this.#pending.delete(id);
  }

  /** The server has told that the item is gone. What it told before may still have shown it. */
  confirmed(id: string): void {
    const deletion = this.#pending.get(id);
    if (deletion) deletion.confirmed = true;
  }

  /** The server shows the item; once it was gone, that means that another page took the deletion back. Returns whether it did. */
  reappeared(id: string): boolean {
    const deletion = this.#pending.get(id);
    if (!this.#hidden.has(id) || (deletion && (deletion.restoring || !deletion.confirmed))) return false;
    this.#pending.delete(id);
    this.#unhide(id);
    return true;
  }

  #end(id: string, shown: T): void {
    this.#pending.delete(id);
    this.#unhide(id);
    this.outcome.back(shown);
  }

  #unhide(id: string): void {
    this.#hide([...this.#hidden].filter((other) => other !== id));
  }

  #hide(ids: string[]): void {
    this.#hidden = new Set(ids);
    for (const listener of this.#listeners) listener();
  }
}
