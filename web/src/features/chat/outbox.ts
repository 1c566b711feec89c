import type { StoredFile, ThreadSettings } from "@/lib/api/types";
import { keptNames, removeKept } from "@/lib/person";

/** A question from its sending until it is known to have arrived, or is given up. */
export interface Unsent {
  id: string;
  text: string;
  files: readonly StoredFile[];
  /** Of an edited question: where the new branch begins. */
  parent?: string | null;
  /** The settings of the thread that is still to be made for it. */
  make?: ThreadSettings;
  /** Settings of the thread that were changed just before, which the server may learn only from this question. */
  set?: ThreadSettings;
  /** When it was sent first. */
  at: string;
}

const prefix = "kaiwa.unsent.";
/** Where the storage is full or forbidden, a question is kept for as long as the tab lives. */
const unstored = new Map<string, readonly Unsent[]>();

function isUnsent(value: unknown): value is Unsent {
  return typeof value === "object" && value !== null && "id" in value && typeof value.id === "string" && "text" in value && typeof value.text === "string" && "files" in value && Array.isArray(value.files) && "at" in value && typeof value.at === "string";
}

function read(key: string): readonly Unsent[] {
  const here = unstored.get(key);
  if (here) return here;
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(stored) ? stored.filter(isUnsent) : [];
  } catch {
    return [];
  }
}

/** At once: what is sent has left the draft, and a reload may come before the answer. */
function write(key: string, questions: readonly Unsent[]): void {
  try {
    if (questions.length === 0) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(questions));
    unstored.delete(key);
  } catch {
    unstored.set(key, questions);
  }
}

/** The questions of a thread that the server has not confirmed, in the order of their sending. */
export function unsentOf(thread: string): readonly Unsent[] {
  return read(prefix + thread);
}

export function keepUnsent(thread: string, question: Unsent): void {
  const questions = unsentOf(thread);
  const known = questions.some(({ id }) => id === question.id);
  write(prefix + thread, known ? questions.map((old) => (old.id === question.id ? question : old)) : [...questions, question]);
}

export function dropUnsent(thread: string, ids: ReadonlySet<string>): void {
  const questions = unsentOf(thread);
  const rest = questions.filter(({ id }) => !ids.has(id));
  if (rest.length < questions.length) write(prefix + thread, rest);
}

/** Of deleted threads: no longer in storage, but here for as long as the page, should a deletion be taken back. */
const aside = new Map<string, readonly Unsent[]>();

/** The thread was deleted. */
export function setUnsentAside(thread: string): void {
  const questions = unsentOf(thread);
  if (questions.length === 0) return;
  aside.set(thread, questions);
  write(prefix + thread, []);
}

/** The thread is there again. */
export function bringUnsentBack(thread: string): void {
  aside.get(thread)?.forEach((question) => keepUnsent(thread, question));
  aside.delete(thread);
}

/** Those of a person who is not here any more. */
export function forgetUnsent(): void {
  unstored.clear();
  aside.clear();
  removeKept(prefix);
}

/** The threads that have such questions in this browser. */
export function threadsWithUnsent(): string[] {
  return keptNames(prefix);
}

/** Whether the server is still to be asked for the thread itself. */
export function isUnmade(thread: string): boolean {
  return unsentOf(thread).some(({ make }) => make !== undefined);
}
