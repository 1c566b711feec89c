import { useEffect, useSyncExternalStore } from "react";
import { getDraft, type Draft } from "./drafts";

/** A question that was sent while its files were on their way, or its thread was being read; it goes below no answer that still runs. */
interface Held {
  /** As it was then: what has been changed since is not sent. */
  text: string;
  send: (question: Draft) => void;
  /** Whether an answer of the thread runs, or may, as it was when the thread was last shown. */
  running: boolean;
}

/**
 * By thread, as the drafts that they are. They go while another thread is shown, too, but where an answer ran, or may have,
 * when theirs was left: those wait until it is shown again.
 */
const held = new Map<string | null, Held>();
const listeners = new Set<() => void>();
const tell = () => listeners.forEach((listener) => listener());

/** Sends the draft by `send` once its files and its thread are there and no answer runs. */
export function hold(thread: string | null, send: Held["send"]): void {
  held.set(thread, { text: getDraft(thread).text, send, running: false });
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
  if (question?.running) return;
  const { text, files } = getDraft(thread);
  if (!release(thread) || question?.text !== text) return;
  question.send({ text: text.trim(), files });
}

/** Whether the thread's draft goes by itself; by `send` as it is now, with the settings of now. */
export function useHeld(thread: string | null, send: Held["send"], { running, busy }: { running: boolean; busy: boolean }): boolean {
  useEffect(() => {
    const question = held.get(thread);
    if (!question) return;
    question.send = send;
    question.running = running;
    if (!busy) sendHeld(thread);
  });
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => held.has(thread),
  );
}
