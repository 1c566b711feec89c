import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { bringDraftBack, draftedThreads, setDraftAside } from "@/features/chat/drafts";
import { bringUnsentBack, isUnmade, setUnsentAside } from "@/features/chat/outbox";
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

  // Those that nobody told of, while this browser was closed or the line was bad.
  const look = useCallback(async () => {
    for (const id of draftedThreads()) {
      if (isUnmade(id)) continue;
      try {
        await api.GET("/api/threads/{id}", { params: { path: { id } } });
      } catch (error) {
        // Not for any 404: a proxy in front answers one of its own while the server restarts.
        if (isApiError(error, "not_found")) gone(id);
        // Told nothing, a draft stays; the next gap asks again.
        else return;
      }
    }
  }, []);
  useEffect(() => void look(), [look]);

  useThreadNotices(
    (notice) => {
      if ("deleted" in notice) return gone(notice.deleted);
      // What was told before a deletion may come after it.
      if (!deletions.hidden().has(notice.thread.id)) back(notice.thread.id);
    },
    () => void look(),
  );
}

function gone(thread: string): void {
  setDraftAside(thread);
  setUnsentAside(thread);
}

function back(thread: string): void {
  bringDraftBack(thread);
  bringUnsentBack(thread);
}
