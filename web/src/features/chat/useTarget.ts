import { useEffect, useRef } from "react";
import { navigate, useVisit } from "@/lib/router";
import type { Conversation } from "./conversation";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The message that the end of an address names. Other ends name places of the page, such as a footnote. */
export function targetOf(hash: string): string | null {
  const id = hash.slice(1);
  return uuid.test(id) ? id : null;
}

/** The reader goes on from the message that the address names: a reload shows the end of the thread again. */
export function leaveTarget(): void {
  if (targetOf(location.hash) !== null) navigate(location.pathname + location.search, "replace");
}

/** Milliseconds out of view after which a message has been left. */
const passed = 500;

/** Leaves the message once it was in view and is not any more. */
export function useLeaving(target: string | null, inView: boolean): void {
  const seen = useRef<string>(null);
  useEffect(() => {
    if (inView) seen.current = target;
    if (inView || target === null || seen.current !== target) return;
    const timer = setTimeout(leaveTarget, passed);
    return () => clearTimeout(timer);
  }, [target, inView]);
}

interface Finding {
  loadOlder: () => void;
  /** Brings the branch of a message into the list. */
  select: (message: string) => void;
  show: (index: number) => void;
}

/** Shows a message once a visit, wherever it is: further back, or on another branch. */
export function useTarget(target: string | null, { items, next }: Pick<Conversation, "items" | "next">, { loadOlder, select, show }: Finding): void {
  const visit = useVisit();
  const done = useRef({ visit, shown: "", selected: "" });
  useEffect(() => {
    if (done.current.visit !== visit) done.current = { visit, shown: "", selected: "" };
    if (target === null || done.current.shown === target) return;
    const index = items.findIndex(({ id }) => id === target);
    if (index >= 0) {
      done.current.shown = target;
      show(index);
    } else if (next !== null) loadOlder();
    else if (done.current.selected !== target) {
      done.current.selected = target;
      select(target);
    }
  });
}
