import type { ThreadItem, ThreadPage } from "../api/types";
import type { Fetch } from "./http";
import type { ThreadNotice } from "./live";

/** The newest threads, as the list shows them first. */
const address = "/api/threads?limit=50&archived=false";

/** Asks for the newest threads; `status` is 0 when nobody answered in time. */
export async function readNewest(fetch: Fetch, deadline: number): Promise<{ status: number; page: ThreadPage | null }> {
  try {
    const response = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(deadline) });
    return { status: response.status, page: response.ok ? ((await response.json()) as ThreadPage) : null };
  } catch {
    return { status: 0, page: null };
  }
}

/** Makes the notices that did not come of two readings of the newest threads. */
export class Newest {
  #known: Map<string, string> | null = null;

  /** What has changed since the last page; "gap" where only reading everything again tells. */
  compare({ items, next }: ThreadPage): ThreadNotice[] | "gap" {
    const before = this.#known;
    this.#known = new Map(items.map((item) => [item.id, JSON.stringify(item)]));
    // All at once from nothing: the first reading, or another person.
    if (!before || (before.size === 0 && items.length > 0)) return "gap";
    const oldest = Date.parse(items.at(-1)?.updated_at ?? "");
    for (const [id, text] of before) {
      if (this.#known.has(id)) continue;
      // Newer ones push the last off the page; what left from further up was deleted or archived.
      const pushedOff = next !== null && Date.parse((JSON.parse(text) as ThreadItem).updated_at) <= oldest;
      if (!pushedOff) return "gap";
    }
    return items.filter((item) => before.get(item.id) !== this.#known?.get(item.id)).map((thread) => ({ thread }));
  }
}
