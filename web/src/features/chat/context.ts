import { createContext, useContext, useSyncExternalStore } from "react";
import type { Item } from "./conversation";
import type { Actions } from "./useActions";

/** What every row of a thread needs, so that rows take nothing but their message. */
export interface ChatContext {
  actions: Actions;
  running: boolean;
  editing: string | null;
  setEditing: (message: string | null) => void;
  /** Takes a question that did not arrive back into the composer. */
  rewrite: (question: Item) => void;
}

export const Chat = createContext<ChatContext | null>(null);

export function useChat(): ChatContext {
  const chat = useContext(Chat);
  if (!chat) throw new Error("useChat: there is no Chat above this component");
  return chat;
}

/** Ids of what is open, the latest last; more than these are folded again. */
const mostOpen = 100;
const key = "kaiwa.open";
const listeners = new Set<() => void>();
let opened: readonly string[] | undefined;

function open(): readonly string[] {
  if (opened) return opened;
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    opened = Array.isArray(stored) ? stored.filter((id) => typeof id === "string") : [];
  } catch {
    opened = [];
  }
  return opened;
}

function setOpened(next: readonly string[]): void {
  opened = next;
  try {
    sessionStorage.setItem(key, JSON.stringify(next));
  } catch {
    // Without storage it stays for as long as the page.
  }
  listeners.forEach((listener) => listener());
}

/** Whether a part of a message is open. It stays as the person left it: when the row leaves the document, and in a reload. */
export function useFold(id: string): [boolean, (open: boolean) => void] {
  const isOpen = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => open().includes(id),
  );
  return [isOpen, (next) => setOpened([...open().filter((other) => other !== id), ...(next ? [id] : [])].slice(-mostOpen))];
}
