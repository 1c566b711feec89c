import type { Event } from "../api/types";
import type { Reader } from "./live";
import { isTerminal } from "./turn";

/** Where one reader of a generation stands: each event passes once and in order, whatever line brings it. */
export class Follow {
  #ended = false;
  #after: number;

  constructor(
    readonly generation: string,
    after: number,
    private readonly reader: Reader,
  ) {
    this.#after = after;
  }

  get after(): number {
    return this.#after;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** "gap" means that events before this one are missing: ask again after `after`. */
  take(event: Event): "taken" | "seen" | "gap" {
    if (this.#ended || event.n <= this.#after) return "seen";
    // After a crash the end of a generation takes a number above all that may have been sent.
    if (event.n !== this.#after + 1 && event.type !== "interrupted") return "gap";
    this.#after = event.n;
    if (isTerminal(event)) this.#ended = true;
    this.reader.onEvent(event);
    return "taken";
  }

  /** Its events cannot be read any more. */
  lose(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.reader.onLost();
  }

  /** The reader went away. */
  end(): void {
    this.#ended = true;
  }
}

/** Whether what came over the wire has the shape of an event. Kinds that this page does not know pass: they count. */
export function isEvent(value: unknown): value is Event {
  return (
    typeof value === "object" && value !== null && "n" in value && typeof value.n === "number" &&
    "type" in value && typeof value.type === "string" && "data" in value && typeof value.data === "object" && value.data !== null
  );
}
