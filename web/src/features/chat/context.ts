import { createContext, useContext, useSyncExternalStore } from "react";
import type { Actions } from "./useActions";

/** What every row of a thread needs, so that rows take nothing but their message. */
export interface ChatContext {
  actions: Actions;
  running: boolean;
  editing: string | null;
  setEditing: (message: string | null) => void;
}

export const Chat = createContext<ChatContext | null>(null);

export function useChat(): ChatContext {
  const chat = useContext(Chat);
  if (!chat) throw new Error("useChat: there is no Chat above this component");
  return chat;
}

const folds = new Map<string, boolean>();
const listeners = new Set<() => void>();

/** Whether a part of a message is open. It stays as the person left it, also when the row leaves the document. */
export function useFold(id: string): [boolean, (open: boolean) => void] {
  const open = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => folds.get(id) ?? false,
  );
  return [
    open,
    (next) => {
      folds.set(id, next);
      listeners.forEach((listener) => listener());
    },
  ];
}
