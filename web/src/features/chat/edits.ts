import { useSyncExternalStore } from "react";

/**
 * What is being written into messages and not sent: an edited question, a comment on an answer. It stays when the row leaves
 * the document, and in a reload of this tab. Ids are of messages, so nobody else who signs in here comes upon it.
 */
const key = "kaiwa.edits";
const edits = read();
const listeners = new Set<() => void>();

function read(): Map<string, string> {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(key) ?? "{}");
    return new Map(Object.entries(stored ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  } catch {
    return new Map();
  }
}

function save(): void {
  try {
    if (edits.size === 0) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(Object.fromEntries(edits)));
  } catch {
    // Without storage it stays for as long as the page.
  }
}
globalThis.addEventListener?.("pagehide", save);
globalThis.document?.addEventListener("visibilitychange", save);

/** Null ends it. */
export function setEdit(id: string, text: string | null): void {
  if (text === null) edits.delete(id);
  else edits.set(id, text);
  listeners.forEach((listener) => listener());
}

/** Undefined where nothing is being written. */
export function useEdit(id: string): string | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => edits.get(id),
  );
}
