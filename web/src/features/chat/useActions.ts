import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { toast } from "@/components/ui/toast";
import { api, body } from "@/lib/api/client";
import { isApiError } from "@/lib/api/errors";
import { keys } from "@/lib/api/queries";
import type { Feedback, Parameters, StoredFile, Thread, ThreadSettings, TurnAccepted } from "@/lib/api/types";
import { setNewChatSettings } from "@/lib/chatDefaults";
import { describe } from "@/lib/i18n/problems";
import { newId } from "@/lib/ids";
import { navigate, routeOf, threadPath, type Route } from "@/lib/router";
import { accept, addSibling, addTurn, change, emptyConversation, fail, isRunning, isUnsent, newQuestion, newReply, takeBack, type Conversation, type Item } from "./conversation";
import { bringDraftBack, clearDraft, getDraft, giveBack, setDraft, type Draft } from "./drafts";
import { bringUnsentBack, dropUnsent, keepUnsent, unsentOf, type Unsent } from "./outbox";
import { settingsChange, settingsUnderway, takeSettingsBack, tell } from "./settingsChange";
import { leaveTarget } from "./useTarget";
import { getConversation, setConversation } from "./useConversation";

export interface Sending {
  text: string;
  files: readonly StoredFile[];
  /** Of an edited question: where the new branch begins. Left out, the turn continues the thread. */
  parent?: string | null;
}

const pauses = [400, 1500];
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const isUnbegun = (route: Route) => route.name === "chat" && route.thread === null;

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
    const goOn = () => thread !== null && location.pathname === threadPath(thread) && leaveTarget();
    const reread = (id: string) => void client.invalidateQueries({ queryKey: keys.messages(id) });

    /** Sends what already stands in the list, and settles what stands there by the answer. */
    async function deliver(id: string, question: string | null, reply: string, call: () => Promise<TurnAccepted>, failed: (error: unknown) => void) {
      try {
        const accepted = await persistently(call);
        if (question !== null) dropUnsent(id, new Set([question]));
        setConversation(client, id, (old) => accept(old, question, reply, accepted));
        // A reading that began before the turn was taken does not have it.
        if (client.isFetching({ queryKey: keys.messages(id) }) > 0) reread(id);
        touched(id);
      } catch (error) {
        // Where a re-read has brought it, only the answer to the call was lost.
        if (isUnsent(getConversation(client, id), question ?? reply)) failed(error);
      }
    }

    /** Puts a question and the place of its answer into the list; returns the id of that place. */
    function show(id: string, { id: question, text, files, parent, at }: Unsent, before: Conversation): string {
      const after = parent === undefined ? (before.items.at(-1)?.id ?? null) : parent;
      const reply = newReply(newId(), question, settings.model ?? null, new Date().toISOString());
      setConversation(client, id, () => addTurn(before, newQuestion(question, after, text, [...files], at), reply));
      return reply.id;
    }

    /** Goes back to the chat that has not begun, with all that was written for it: the server refused its thread. */
    function unmake(id: string, question: Draft, make: ThreadSettings | undefined) {
      if (make) setNewChatSettings(make);
      dropUnsent(id, new Set(unsentOf(id).map((unsent) => unsent.id)));
      giveBack(null, getDraft(id));
      giveBack(null, question);
      clearDraft(id);
      if (location.pathname === threadPath(id)) navigate("/", "replace");
      for (const queryKey of [keys.thread(id), keys.messages(id)]) client.removeQueries({ queryKey });
    }

    /** Sends a question that stands in the list and in the outbox. `before` is the list without it. */
    async function turn(id: string, question: Unsent, reply: string, before: Conversation) {
      const { text, files, parent, set } = question;
      const message = { id: question.id, text, ...(parent === undefined ? {} : { parent }), ...(files.length > 0 ? { files: files.map((file) => file.id) } : {}) };
      let { make } = question;
      const call = async () => {
        if (make) {
          await body(api.POST("/api/threads", { body: { id, settings: make } }));
          make = undefined;
          const { make: _, ...made } = question;
          keepUnsent(id, made);
        }
        return (await body(api.POST("/api/threads/{id}/turns", { params: { path: { id } }, body: { message, ...split(set ?? {}) } }))) as TurnAccepted;
      };
      await deliver(id, question.id, reply, call, (error) => {
        if (mayPass(error)) return setConversation(client, id, (old) => fail(old, question.id, reply, error));
        const draft = getDraft(id);
        if (make) {
          unmake(id, { text, files }, make);
          complain(error);
        } else if (draft.text === "" && draft.files.length === 0) {
          dropUnsent(id, new Set([question.id]));
          setConversation(client, id, (old) => takeBack(old, [question.id, reply], before));
          setDraft(id, { text, files });
          complain(error);
          reread(id);
          touched(id);
        } else {
          // The composer holds the next question: this one stays where it is, with the reason.
          setConversation(client, id, (old) => fail(old, question.id, reply, error));
          reread(id);
          touched(id);
        }
      });
    }

    return {
      async send(sending: Sending): Promise<void> {
        goOn();
        const id = thread ?? newId();
        const now = new Date().toISOString();
        if (thread === null) {
          client.setQueryData<Thread>(keys.thread(id), { id, title: "", created_at: now, updated_at: now, archived: false, head: null, settings });
        }
        const before = thread === null ? emptyConversation : getConversation(client, id);
        const kept: Unsent = { ...sending, id: newId(), at: now, ...(thread === null ? { make: settings } : { set: settingsUnderway(thread) }) };
        const reply = show(id, kept, before);
        // Kept first: the draft is all there is of it till then.
        keepUnsent(id, kept);
        if (sending.parent === undefined) clearDraft(thread);
        if (thread === null) setNewChatSettings(null);
        // Held for its files, it may go while something else is looked at.
        if (thread === null && isUnbegun(routeOf(location.pathname))) navigate(threadPath(id));
        await turn(id, kept, reply, before);
      },

      /** Sends again what did not arrive, under the same id. */
      async resend({ id, text, files, created_at }: Item): Promise<void> {
        if (thread === null) return;
        // A second click comes before the first has changed what is shown.
        if (getConversation(client, thread).items.find((item) => item.id === id)?.local?.state !== "failed") return;
        const kept = unsentOf(thread).find((question) => question.id === id) ?? { id, text, files, at: created_at };
        const { items, next } = getConversation(client, thread);
        const before = { items: items.filter((item) => item.id !== id), next };
        const reply = show(thread, kept, before);
        await turn(thread, kept, reply, before);
      },

      /** Gives up sending a question: it goes back to where questions are written. */
      withdraw({ id, text, files }: Item): void {
        if (thread === null) return;
        const unmade = unsentOf(thread).find((question) => question.id === id)?.make;
        dropUnsent(thread, new Set([id]));
        if (unmade) return unmake(thread, { text, files }, unmade);
        setConversation(client, thread, (old) => ({ ...old, items: old.items.filter((item) => item.id !== id) }));
        reread(thread);
        giveBack(thread, { text, files });
      },

      async again(item: Item, how: "regenerate" | "continue"): Promise<void> {
        if (thread === null) return;
        const before = getConversation(client, thread);
        // A second click comes before the first has changed what is shown.
        if (isRunning(before) || !before.items.some(({ id }) => id === item.id)) return;
        goOn();
        const reply = newReply(newId(), item.parent ?? "", settings.model ?? null, new Date().toISOString());
        const begun = how === "continue" ? { ...reply, text: item.text } : reply;
        setConversation(client, thread, (old) => addSibling(old, item.id, begun));
        const init = { params: { path: { id: thread, message: item.id } }, body: { reply: reply.id, ...split(settingsUnderway(thread)) } };
        const call = () => {
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
          bringDraftBack(thread);
          bringUnsentBack(thread);
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

      /** Changes what `next` has otherwise than the thread. Nothing before that is known: silence would unset it. */
      async configure(next: ThreadSettings): Promise<void> {
        const before = thread === null ? undefined : client.getQueryData<Thread>(keys.thread(thread))?.settings;
        if (thread === null || !before) return;
        const changed = settingsChange(before, next);
        if (Object.keys(changed).length === 0) return;
        client.setQueryData<Thread>(keys.thread(thread), (old) => old && { ...old, settings: next });
        // A thread that is still to be made is made with them.
        const unmade = unsentOf(thread).filter(({ make }) => make !== undefined);
        if (unmade.length > 0) return unmade.forEach((question) => keepUnsent(thread, { ...question, make: next }));
        try {
          await tell(thread, changed, () => api.PATCH("/api/threads/{id}", { params: { path: { id: thread } }, body: { settings: changed } }));
        } catch (error) {
          client.setQueryData<Thread>(keys.thread(thread), (old) => old && { ...old, settings: takeSettingsBack(old.settings, changed, before) });
          touched(thread);
          complain(error);
        }
      },
    };
  }, [client, t, thread, settings]);
}

export type Actions = ReturnType<typeof useActions>;
