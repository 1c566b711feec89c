import { createContext, useContext, useEffect, useRef, useSyncExternalStore } from "react";
import type { Event, ThreadItem } from "../api/types";

/** How the page hears from the server. `since` is when it went bad, in milliseconds of the clock. */
export type Connection =
  | { state: "online" }
  | { state: "connecting"; since: number; attempt: number }
  | { state: "offline"; since: number; retryAt: number };

/** A thread of the list was made or changed, or is gone. */
export type ThreadNotice = { thread: ThreadItem } | { deleted: string };

/** What a reader of a generation is told. `lost` means that its events cannot be read any more: read the message instead. */
export interface Reader {
  onEvent: (event: Event) => void;
  onLost: () => void;
}

/** The page's one live line to the server, whatever carries it. */
export interface Live {
  connection(): Connection;
  onConnection(listener: () => void): () => void;
  /** Tries again now instead of at the end of the wait. */
  retry(): void;
  /** Every event of the generation after `after`, once and in order. Returns what ends it. */
  follow(generation: string, after: number, reader: Reader): () => void;
  onThread(listener: (notice: ThreadNotice) => void): () => void;
  /** Called after a gap in which notices may have been missed. */
  onGap(listener: () => void): () => void;
}

export const LiveContext = createContext<Live | null>(null);

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error("useLive: there is no LiveContext above this component");
  return live;
}

export function useConnection(): Connection {
  const live = useLive();
  return useSyncExternalStore(
    (listener) => live.onConnection(listener),
    () => live.connection(),
  );
}

/** Hears of changes to the list of threads while the component is mounted; `onGap` when some may have been missed. */
export function useThreadNotices(onNotice: (notice: ThreadNotice) => void, onGap: () => void): void {
  const live = useLive();
  const handlers = useRef({ onNotice, onGap });
  useEffect(() => {
    handlers.current = { onNotice, onGap };
  });
  useEffect(() => {
    const ends = [live.onThread((notice) => handlers.current.onNotice(notice)), live.onGap(() => handlers.current.onGap())];
    return () => ends.forEach((end) => end());
  }, [live]);
}
