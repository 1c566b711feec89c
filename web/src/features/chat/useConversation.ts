import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { api, body } from "@/lib/api/client";
import { ApiError, isApiError, networkProblem } from "@/lib/api/errors";
import { keys } from "@/lib/api/queries";
import { useThreadNotices } from "@/lib/events/live";
import { useTurns } from "@/lib/events/LiveProvider";
import { hasEnded, type Turn } from "@/lib/events/turn";
import { commitTurn, emptyConversation, isSending, mergePage, prependPage, withUnsent, type Conversation } from "./conversation";
import { dropUnsent, isUnmade, unsentOf } from "./outbox";
import { settingsUnderway } from "./settingsChange";

const firstPage = 60;
const olderPage = 200;
/** Before a generation whose events are gone is asked for again. */
const lostPause = 2_000;

export function getConversation(client: QueryClient, thread: string): Conversation {
  return client.getQueryData<Conversation>(keys.messages(thread)) ?? emptyConversation;
}

export function setConversation(client: QueryClient, thread: string, change: (old: Conversation) => Conversation): void {
  client.setQueryData<Conversation>(keys.messages(thread), (old) => change(old ?? emptyConversation));
}

/** The loaded end of a thread, kept true: its running answers are followed, other tabs' changes come in. */
export function useConversation(thread: string | null) {
  const client = useQueryClient();
  const turns = useTurns();
  const id = thread ?? "";
  const query = useQuery<Conversation>({
    queryKey: keys.messages(id),
    enabled: thread !== null,
    staleTime: Infinity,
    structuralSharing: false,
    refetchOnMount: ({ state }) => (state.data && isUnmade(id) ? false : "always"),
    queryFn: async ({ signal }): Promise<Conversation> => {
      const loaded = () => client.getQueryData<Conversation>(keys.messages(id));
      // Sent before a reload, or long ago: whether it can arrive is not known here, only that it did not.
      const lost = (here: Conversation) => withUnsent(here, unsentOf(id), new ApiError(networkProblem()));
      try {
        const page = await body(api.GET("/api/threads/{id}/messages", { params: { path: { id }, query: { limit: firstPage } }, signal }));
        dropUnsent(id, new Set(page.items.map((message) => message.id)));
        return lost(mergePage(loaded(), page));
      } catch (error) {
        // Not deleted, but not made yet: its first question is still to arrive.
        if (isUnmade(id) && isApiError(error) && error.status === 404) return lost(loaded() ?? emptyConversation);
        throw error;
      }
    },
  });
  const conversation = query.data;

  // Deleted on another page, told by a notice, or found out when one was missed.
  const [deleted, setDeleted] = useState(false);
  const gone = deleted || (isApiError(query.error) && query.error.status === 404);

  const reread = () => void client.invalidateQueries({ queryKey: keys.thread(id) });
  const refresh = useCallback(() => void client.invalidateQueries({ queryKey: keys.messages(id) }), [client, id]);

  const commit = useCallback(
    (generation: string, turn: Turn) => {
      setConversation(client, id, (old) => commitTurn(old, generation, turn));
      refresh();
    },
    [client, id, refresh],
  );

  useEffect(() => {
    for (const item of conversation?.items ?? []) {
      if (item.generation === null) continue;
      if (item.state !== "pending") {
        // Only now does the message hold the text itself: forgotten earlier, it would be gone for a moment.
        turns.forget(item.generation);
        continue;
      }
      turns.follow(item.generation);
      const turn = turns.get(item.generation);
      if (turn && hasEnded(turn)) commit(item.generation, turn);
    }
  }, [conversation, turns, commit]);

  useEffect(() => {
    const mine = (generation: string) => getConversation(client, id).items.some((item) => item.generation === generation);
    return turns.onEnded((generation, turn) => {
      if (!mine(generation)) return;
      if (turn) return commit(generation, turn);
      refresh();
      setTimeout(() => {
        turns.forget(generation);
        // If it still runs there, what is read now is followed again.
        refresh();
      }, lostPause);
    });
  }, [client, id, turns, commit, refresh]);

  /** The newest message that a notice told of while a question was on its way: most likely that question's own. */
  const passedOver = useRef<string | null>(null);
  const sending = isSending(conversation);
  useEffect(() => {
    const head = passedOver.current;
    if (sending || head === null) return;
    passedOver.current = null;
    if (!getConversation(client, id).items.some((item) => item.id === head)) refresh();
  }, [client, id, refresh, sending]);

  useThreadNotices(
    (notice) => {
      if ("deleted" in notice) return notice.deleted === id ? setDeleted(true) : undefined;
      if (notice.thread.id !== id) return;
      setDeleted(false);
      if (gone) refresh();
      const { items } = getConversation(client, id);
      // Its settings may have been changed on another page; a change of this one is shown already.
      if (Object.keys(settingsUnderway(id)).length === 0) reread();
      if (items.some((item) => item.id === notice.thread.head)) return;
      if (sending) passedOver.current = notice.thread.head;
      else refresh();
    },
    () => {
      if (thread === null) return;
      refresh();
      reread();
    },
  );

  const loading = useRef(false);
  /** Puts an older page before what is loaded; false when there is none, or one is on its way. */
  const loadOlder = useCallback(async (): Promise<boolean> => {
    const { next } = getConversation(client, id);
    if (next === null || loading.current) return false;
    loading.current = true;
    try {
      const page = await body(api.GET("/api/threads/{id}/messages", { params: { path: { id }, query: { limit: olderPage, before: next } } }));
      setConversation(client, id, (old) => (old.next === next ? prependPage(old, page) : old));
      return true;
    } catch {
      // Scrolling on asks again; the connection line says what is wrong.
      return false;
    } finally {
      loading.current = false;
    }
  }, [client, id]);

  return { conversation, gone, error: query.error, loadOlder, refresh };
}
