import type { QueryClient } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";
import type { ThreadItem } from "@/lib/api/types";
import type { ThreadNotice } from "@/lib/events/live";
import { Deletions } from "./deletions";
import { asItem, hide, listed, patch, show } from "./queries";

export type ThreadAction = "rename" | "archive" | "unarchive" | "delete" | "restore";

/** How the actions speak to the person. */
export interface Voice {
  /** `action` did not happen, for `reason`; what was shown has been taken back. */
  refused(action: ThreadAction, thread: ThreadItem, reason: unknown): void;
  /** The thread is gone from the list. Offers `undo`, and calls `ended` when the offer ends without it. Returns what withdraws it. */
  deleted(thread: ThreadItem, undo: () => void, ended: () => void): () => void;
  archived(thread: ThreadItem, undo: () => void): void;
}

const at = (id: string) => ({ params: { path: { id } } });

/**
 * What can be done to a thread from the sidebar. Everything shows at once and is taken back when the server refuses.
 * One lives as long as the page: closing the drawer on a phone ends no undo.
 */
export class ThreadActions {
  readonly deletions: Deletions<ThreadItem>;
  /** What withdraws the offer to undo, by thread. */
  #offers = new Map<string, () => void>();

  constructor(
    private readonly client: QueryClient,
    private readonly voice: Voice,
  ) {
    this.deletions = new Deletions<ThreadItem>(
      {
        remove: (id) => api.DELETE("/api/threads/{id}", at(id)),
        restore: async (id) => asItem(await body(api.POST("/api/threads/{id}/restore", at(id)))),
      },
      {
        back: (thread) => show(client, thread),
        refused: (action, thread, reason) => {
          this.#offers.get(thread.id)?.();
          voice.refused(action, thread, reason);
        },
      },
    );
  }

  async rename(thread: ThreadItem, title: string): Promise<void> {
    const next = title.trim();
    if (next === "" || next === thread.title) return;
    patch(this.client, thread.id, { title: next });
    try {
      await api.PATCH("/api/threads/{id}", { ...at(thread.id), body: { title: next } });
    } catch (reason) {
      // The refusal of an earlier change must not undo a later one.
      if (listed(this.client, thread.id)?.title === next) patch(this.client, thread.id, { title: thread.title });
      this.voice.refused("rename", thread, reason);
    }
  }

  async archive(thread: ThreadItem): Promise<void> {
    const archived = { ...thread, archived: true };
    if (await this.#setArchived(thread, true)) this.voice.archived(archived, () => void this.unarchive(archived));
  }

  async unarchive(thread: ThreadItem): Promise<void> {
    await this.#setArchived(thread, false);
  }

  /** `undone` is called when the person took the deletion back. */
  remove(thread: ThreadItem, undone: () => void): void {
    if (!this.deletions.remove(thread)) return;
    const undo = async () => {
      if (await this.deletions.undo(thread.id)) undone();
    };
    const ended = () => {
      this.#offers.delete(thread.id);
      this.deletions.settle(thread.id);
    };
    this.#offers.set(thread.id, this.voice.deleted(thread, () => void undo(), ended));
  }

  /** Another tab, another device or the server changed a thread. */
  notice(notice: ThreadNotice): void {
    if ("deleted" in notice) {
      hide(this.client, notice.deleted);
      this.deletions.confirmed(notice.deleted);
      return;
    }
    if (this.deletions.reappeared(notice.thread.id)) this.#offers.get(notice.thread.id)?.();
    show(this.client, notice.thread);
  }

  /** Notices may have been missed: reads the lists again. */
  reread(): void {
    void this.client.invalidateQueries({ queryKey: keys.threads().slice(0, 1) });
  }

  async #setArchived(thread: ThreadItem, archived: boolean): Promise<boolean> {
    show(this.client, { ...thread, archived });
    try {
      await api.PATCH("/api/threads/{id}", { ...at(thread.id), body: { archived } });
      return true;
    } catch (reason) {
      show(this.client, { ...thread, archived: !archived });
      this.voice.refused(archived ? "archive" : "unarchive", thread, reason);
      return false;
    }
  }
}

const made = new WeakMap<QueryClient, ThreadActions>();

/** The actions that belong to a page's cache. `voice` is used when they are made for the first time. */
export function actionsOf(client: QueryClient, voice: Voice): ThreadActions {
  const known = made.get(client);
  if (known) return known;
  const actions = new ThreadActions(client, voice);
  made.set(client, actions);
  return actions;
}
