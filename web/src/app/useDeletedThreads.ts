import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import { bringDraftBack, draftedThreads, setDraftAside } from "@/features/chat/drafts";
import { release } from "@/features/chat/held";
import { bringUnsentBack, isUnmade, setUnsentAside, threadsWithUnsent } from "@/features/chat/outbox";
import { actionsOf } from "@/features/threads/actions";
import { toastVoice } from "@/features/threads/voice";
import { api } from "@/lib/api/client";
import { isApiError } from "@/lib/api/errors";
import { useThreadNotices } from "@/lib/events/live";

/** What was written into a thread and not sent leaves this browser with the thread, and comes back with it. */
export function useDeletedThreads(): void {
  const client = useQueryClient();
  const { deletions } = actionsOf(client, toastVoice);

  // Those of this page: at once, and back when a deletion is refused or undone.
  useEffect(() => {
    let before = deletions.hidden();
    return deletions.subscribe(() => {
      const now = deletions.hidden();
      for (const id of now) if (!before.has(id)) gone(id);
      for (const id of before) if (!now.has(id)) back(id);
      before = now;
    });
  }, [deletions]);

  // Those that nobody told of, while this browser was closed or the line was bad. One look at a time, of this page alone.
  const looking = useRef<AbortController>(null);
  const look = useCallback(() => {
    looking.current?.abort();
    looking.current = new AbortController();
    void lookForGone(looking.current.signal);
  }, []);
  useEffect(() => {
    look();
    return () => looking.current?.abort();
  }, [look]);

  useThreadNotices(
    (notice) => {
      if ("deleted" in notice) return gone(notice.deleted);
      // What was told before a deletion may come after it.
      if (!deletions.hidden().has(notice.thread.id)) back(notice.thread.id);
    },
    look,
  );
}

/** Asks for each thread that something was written into; `signal` ends it. */
async function lookForGone(signal: AbortSignal): Promise<void> {
  for (const id of new Set([...draftedThreads(), ...threadsWithUnsent()])) {
    if (isUnmade(id)) continue;
    try {
      await api.GET("/api/threads/{id}", { params: { path: { id } }, signal });
    } catch (error) {
      // Told nothing, what was written stays; the next gap asks again. Not any 404 tells:
      // a proxy in front answers one of its own while the server restarts.
      if (signal.aborted || !isApiError(error, "not_found")) return;
      gone(id);
    }
  }
}

function gone(thread: string): void {
  release(thread);
  setDraftAside(thread);
  setUnsentAside(thread);
}

function back(thread: string): void {
  bringDraftBack(thread);
  bringUnsentBack(thread);
}
