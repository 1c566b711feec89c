import { useEffect, useRef } from "react";
import { useVisit } from "@/lib/router";
import type { Conversation } from "./conversation";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The message that the end of an address names. Other ends name places of the page, such as a footnote. */
export function targetOf(hash: string): string | null {
  const id = hash.slice(1);
  return uuid.test(id) ? id : null;
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
