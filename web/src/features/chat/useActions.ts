import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { toast } from "@/components/ui/toast";
import { api, body } from "@/lib/api/client";
import { isApiError } from "@/lib/api/errors";
import { keys } from "@/lib/api/queries";
import type { Feedback, Parameters, StoredFile, Thread, ThreadSettings, TurnAccepted } from "@/lib/api/types";
import { describe } from "@/lib/i18n/problems";
import { newId } from "@/lib/ids";
import { navigate, threadPath } from "@/lib/router";
import { accept, addSibling, addTurn, change, emptyConversation, fail, isUnsent, newQuestion, newReply, takeBack, type Conversation, type Item } from "./conversation";
import { clearDraft, getDraft, setDraft } from "./drafts";
import { getConversation, setConversation } from "./useConversation";

export interface Sending {
  text: string;
  files: readonly StoredFile[];
  /** Of an edited question: where the new branch begins. Left out, the turn continues the thread. */
  parent?: string | null;
}

/** A change keeps what it does not name, so what was taken away is named. */
const unset = { model: null, temperature: null, top_p: null, max_tokens: null, system_prompt: null };

const pauses = [400, 1500];
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What did not arrive, or came at a bad time, may be sent again: the same id never runs twice. */
function mayPass(error: unknown): boolean {
  return isApiError(error) && (error.status === 0 || error.status >= 500);
}

async function persistently<T>(call: () => Promise<T>): Promise<T> {
  for (const pause of pauses) {
    try {
      return await call();
    } catch (error) {
      if (!isApiError(error) || error.status !== 0) throw error;
      await sleep(pause);
    }
  }
  return call();
}

function split({ model, ...parameters }: ThreadSettings): { model?: string; parameters?: Parameters } {
  return { ...(model === undefined ? {} : { model }), ...(Object.keys(parameters).length > 0 ? { parameters } : {}) };
}

/** Everything a person can do in a thread: shown at once, taken back when the server refuses. */
export function useActions(thread: string | null, settings: ThreadSettings) {
  const client = useQueryClient();
  const { t } = useTranslation();

  return useMemo(() => {
    const complain = (error: unknown) => toast({ kind: "error", text: describe(error, t) });
    const touched = (id: string) => void client.invalidateQueries({ queryKey: keys.thread(id) });
    const reread = (id: string) => void client.invalidateQueries({ queryKey: keys.messages(id) });

    /** Sends what already stands in the list, and settles what stands there by the answer. */
    async function deliver(id: string, question: string | null, reply: string, call: () => Promise<TurnAccepted>, failed: (error: unknown) => void) {
      try {
        const accepted = await persistently(call);
        setConversation(client, id, (old) => accept(old, question, reply, accepted));
        // A reading that began before the turn was taken does not have it.
        if (client.isFetching({ queryKey: keys.messages(id) }) > 0) reread(id);
        touched(id);
      } catch (error) {
        // Where a re-read has brought it, only the answer to the call was lost.
        if (isUnsent(getConversation(client, id), question ?? reply)) failed(error);
      }
    }

    async function turn(id: string, { text, files, parent }: Sending, question: string, reply: string, before: Conversation, make: boolean) {
      const message = { id: question, text, ...(parent === undefined ? {} : { parent }), ...(files.length > 0 ? { files: files.map((file) => file.id) } : {}) };
      const call = async () => {
        if (make) await body(api.POST("/api/threads", { body: { id, settings } }));
        return body(api.POST("/api/threads/{id}/turns", { params: { path: { id } }, body: { message, ...split(settings) } }));
      };
      await deliver(id, question, reply, call as () => Promise<TurnAccepted>, (error) => {
        if (mayPass(error)) return setConversation(client, id, (old) => fail(old, [question, reply], error));
        setConversation(client, id, (old) => takeBack(old, [question, reply], before));
        if (!make) reread(id);
        const draft = getDraft(id);
        if (draft.text === "" && draft.files.length === 0) setDraft(id, { text, files });
        complain(error);
        touched(id);
      });
    }

    return {
      async send(sending: Sending): Promise<void> {
        const id = thread ?? newId();
        const now = new Date().toISOString();
        if (thread === null) {
          client.setQueryData<Thread>(keys.thread(id), { id, title: "", created_at: now, updated_at: now, archived: false, head: null, settings });
        }
        const before = thread === null ? emptyConversation : getConversation(client, id);
        const parent = sending.parent === undefined ? (before.items.at(-1)?.id ?? null) : sending.parent;
        const question = newQuestion(newId(), parent, sending.text, [...sending.files], now);
        const reply = newReply(newId(), question.id, settings.model ?? null, now);
        setConversation(client, id, () => addTurn(before, question, reply));
        if (sending.parent === undefined) clearDraft(thread);
        if (thread === null) navigate(threadPath(id));
        await turn(id, sending, question.id, reply.id, before, thread === null);
      },

      /** Sends again what did not arrive, under the same ids. */
      async resend(item: Item): Promise<void> {
        if (thread === null) return;
        const before = getConversation(client, thread);
        const at = before.items.findIndex(({ id }) => id === item.id);
        const reply = before.items[at + 1];
        if (!reply) return;
        const local = { state: "sending" } as const;
        setConversation(client, thread, (old) => change(change(old, item.id, { local }), reply.id, { local }));
        const edited = item.siblings.length > 1 || (item.parent === null && at > 0);
        const rest = { ...before, items: before.items.slice(0, at) };
        await turn(thread, { text: item.text, files: item.files, ...(edited ? { parent: item.parent } : {}) }, item.id, reply.id, rest, at === 0);
      },

      async again(item: Item, how: "regenerate" | "continue"): Promise<void> {
        if (thread === null) return;
        const before = getConversation(client, thread);
        const reply = newReply(newId(), item.parent ?? "", settings.model ?? null, new Date().toISOString());
        const begun = how === "continue" ? { ...reply, text: item.text } : reply;
        setConversation(client, thread, (old) => addSibling(old, item.id, begun));
        const call = () => {
          const init = { params: { path: { id: thread, message: item.id } }, body: { reply: reply.id, ...split(settings) } };
          const path = how === "regenerate" ? "/api/threads/{id}/messages/{message}/regenerate" : "/api/threads/{id}/messages/{message}/continue";
          return body(api.POST(path, init)) as Promise<TurnAccepted>;
        };
        await deliver(thread, null, reply.id, call, (error) => {
          setConversation(client, thread, (old) => takeBack(old, [reply.id], before));
          reread(thread);
          complain(error);
        });
      },

      async select(message: string): Promise<void> {
        if (thread === null) return;
        try {
          const changed = await body(api.POST("/api/threads/{id}/messages/{message}/select", { params: { path: { id: thread, message } }, body: {} }));
          client.setQueryData(keys.thread(thread), changed);
          await client.invalidateQueries({ queryKey: keys.messages(thread) });
        } catch (error) {
          complain(error);
        }
      },

      /** Takes back a deletion that was made on another page. */
      async restore(): Promise<void> {
        if (thread === null) return;
        try {
          const restored = await body(api.POST("/api/threads/{id}/restore", { params: { path: { id: thread } } }));
          client.setQueryData(keys.thread(thread), restored);
          await client.invalidateQueries({ queryKey: keys.messages(thread) });
        } catch (error) {
          complain(error);
        }
      },

      async stop(generation: string): Promise<void> {
        try {
          await api.POST("/api/generations/{id}/stop", { params: { path: { id: generation } } });
        } catch (error) {
          complain(error);
        }
      },

      async feedback(item: Item, value: Feedback | null): Promise<void> {
        if (thread === null) return;
        setConversation(client, thread, (old) => change(old, item.id, { feedback: value }));
        const params = { path: { id: thread, message: item.id } };
        try {
          if (value) await api.PUT("/api/threads/{id}/messages/{message}/feedback", { params, body: value });
          else await api.DELETE("/api/threads/{id}/messages/{message}/feedback", { params });
        } catch (error) {
          setConversation(client, thread, (old) => change(old, item.id, { feedback: item.feedback }));
          complain(error);
        }
      },

      async configure(next: ThreadSettings): Promise<void> {
        if (thread === null) return;
        const before = client.getQueryData<Thread>(keys.thread(thread));
        client.setQueryData<Thread>(keys.thread(thread), (old) => old && { ...old, settings: next });
        try {
          await api.PATCH("/api/threads/{id}", { params: { path: { id: thread } }, body: { settings: { ...unset, ...next } } });
        } catch (error) {
          client.setQueryData(keys.thread(thread), before);
          complain(error);
        }
      },
    };
  }, [client, t, thread, settings]);
}

export type Actions = ReturnType<typeof useActions>;
