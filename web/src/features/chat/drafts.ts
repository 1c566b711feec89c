import { useSyncExternalStore } from "react";
import type { StoredFile } from "@/lib/api/types";
import { keptNames, removeKept } from "@/lib/person";

/** What is written and attached but not sent; one a thread, and one for the chat that has not begun. */
export interface Draft {
  text: string;
  files: readonly StoredFile[];
}

const none: Draft = { text: "", files: [] };
const prefix = "kaiwa.draft.";
/** Stands for the thread of the chat that has not begun. */
const unbegun = "new";
const name = (thread: string | null) => prefix + (thread ?? unbegun);

function isEmpty({ text, files }: Draft): boolean {
  return text === "" && files.length === 0;
}

const drafts = new Map<string, Draft>();
const listeners = new Set<() => void>();
const unsaved = new Set<string>();
let timer: ReturnType<typeof setTimeout> | undefined;

function read(key: string): Draft {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    if (typeof stored !== "object" || stored === null || !("text" in stored) || typeof stored.text !== "string") return none;
    const files = "files" in stored && Array.isArray(stored.files) ? (stored.files as StoredFile[]) : [];
    return { text: stored.text, files };
  } catch {
    return none;
  }
}

/** Writes soon, not at each key: storage is slow on phones. */
function save(): void {
  clearTimeout(timer);
  for (const key of unsaved) {
    const draft = drafts.get(key) ?? none;
    try {
      if (isEmpty(draft)) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(draft));
    } catch {
      // A full or forbidden storage: the draft lives as long as the tab.
    }
  }
  unsaved.clear();
}
globalThis.addEventListener?.("pagehide", save);
globalThis.document?.addEventListener("visibilitychange", save);

export function getDraft(thread: string | null): Draft {
  const key = name(thread);
  let draft = drafts.get(key);
  if (!draft) drafts.set(key, (draft = read(key)));
  return draft;
}

export function setDraft(thread: string | null, change: Partial<Draft>): void {
  const key = name(thread);
  drafts.set(key, { ...getDraft(thread), ...change });
  unsaved.add(key);
  clearTimeout(timer);
  timer = setTimeout(save, 300);
  listeners.forEach((listener) => listener());
}

export function clearDraft(thread: string | null): void {
  setDraft(thread, none);
}

/** Puts what was sent back, before whatever has been written since. */
export function giveBack(thread: string | null, { text, files }: Draft): void {
  const draft = getDraft(thread);
  setDraft(thread, { text: [text, draft.text].filter((part) => part !== "").join("\n\n"), files: [...files, ...draft.files] });
}

/** Drafts of deleted threads: no longer in storage, but here for as long as the page, should a deletion be taken back. */
const aside = new Map<string, Draft>();

/** The thread was deleted. */
export function setDraftAside(thread: string): void {
  const draft = getDraft(thread);
  if (isEmpty(draft)) return;
  aside.set(thread, draft);
  clearDraft(thread);
  save();
}

/** The thread is there again. */
export function bringDraftBack(thread: string): void {
  const draft = aside.get(thread);
  aside.delete(thread);
  // Another tab of this browser may have brought it back before.
  save();
  drafts.delete(name(thread));
  const there = getDraft(thread);
  if (draft && (isEmpty(there) || there.text !== draft.text)) giveBack(thread, draft);
  else listeners.forEach((listener) => listener());
}

/** The threads that have a draft in this browser. */
export function draftedThreads(): string[] {
  return keptNames(prefix).filter((thread) => thread !== unbegun);
}

/** Those of a person who is not here any more. */
export function forgetDrafts(): void {
  clearTimeout(timer);
  drafts.clear();
  aside.clear();
  unsaved.clear();
  removeKept(prefix);
  listeners.forEach((listener) => listener());
}

export function useDraft(thread: string | null): Draft {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => getDraft(thread),
  );
}
