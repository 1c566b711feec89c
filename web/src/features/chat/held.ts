import { useEffect, useSyncExternalStore } from "react";
import { getDraft, type Draft } from "./drafts";

/** A question that was sent while its files were on their way, its thread was being read or an answer ran; it goes below no answer that still runs. */
interface Held {
  /** As it was then: what has been changed since is not sent. */
  text: string;
  send: (question: Draft) => void;
  /** What it waits for beside its files, as it was when the thread was last shown: the end of an answer that was seen to run, or to learn whether one does. */
  after: "answer" | "reading" | null;
  /** Whether files were on their way then. */
  busy: boolean;
}

interface Surroundings {
  /** An answer of the thread runs. */
  running: boolean;
  /** Whether one runs is not known yet. */
  loading: boolean;
  /** Files are on their way. */
  busy: boolean;
  /** The last answer did not come to its end: what was to follow it stays a draft. */
  broken: boolean;
}

/**
 * By thread, as the drafts that they are. They go while another thread is shown, too, but where an answer ran when theirs was
 * left: those wait until it is shown again.
 */
const held = new Map<string | null, Held>();
const listeners = new Set<() => void>();
const tell = () => listeners.forEach((listener) => listener());

/** Sends the draft by `send` once its files and its thread are there and no answer runs. */
export function hold(thread: string | null, send: Held["send"]): void {
  held.set(thread, { text: getDraft(thread).text, send, after: null, busy: false });
  tell();
}

/** The draft stays one. False when it was not held. */
export function release(thread: string | null): boolean {
  const was = held.delete(thread);
  if (was) tell();
  return was;
}

/** Those of a person who is not here any more. */
export function forgetHeld(): void {
  held.clear();
  tell();
}

/** All files of the thread are there. */
export function sendHeld(thread: string | null): void {
  const question = held.get(thread);
  if (question?.after) return;
  const { text, files } = getDraft(thread);
  if (!release(thread) || question?.text !== text) return;
  question.send({ text: text.trim(), files });
}

/**
 * Whether the thread's draft goes by itself; by `send` as it is now, with the settings of now. `heldBack` is called when it
 * does not, because the answer before it broke off.
 */
export function useHeld(thread: string | null, send: Held["send"], heldBack: () => void, { running, loading, busy, broken }: Surroundings): boolean {
  useEffect(() => {
    const question = held.get(thread);
    if (!question) return;
    const ended = question.after === "answer" && !running && !loading;
    question.send = send;
    question.busy = busy;
    question.after = running ? "answer" : loading ? (question.after ?? "reading") : null;
    if (ended && broken) {
      release(thread);
      heldBack();
    } else if (!busy) sendHeld(thread);
  });
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => held.has(thread),
  );
}

/** What has not learned whether an answer runs does not wait for it: the server puts it below the last one. */
function sendUnread(thread: string | null): void {
  const question = held.get(thread);
  if (question?.after !== "reading") return;
  question.after = null;
  if (!question.busy) sendHeld(thread);
}

/**
 * For as long as a thread is shown: what waits for its reading goes when the thread or the page is left. Where the reading
 * failed it stays a draft, and `heldBack` is called.
 */
export function useLeaving(thread: string | null, failed: boolean, heldBack: () => void): void {
  useEffect(() => {
    if (!failed || held.get(thread)?.after !== "reading") return;
    release(thread);
    heldBack();
  });
  useEffect(() => {
    const leave = () => sendUnread(thread);
    // Before the drafts are stored, which this is none of any more.
    addEventListener("pagehide", leave, { capture: true });
    return () => {
      removeEventListener("pagehide", leave, { capture: true });
      // The reading is given up first: it would take the question out of the list again.
      const question = held.get(thread);
      setTimeout(() => held.get(thread) === question && leave());
    };
  }, [thread]);
}
