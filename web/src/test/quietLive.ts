import type { Live } from "@/lib/events/live";

/** A line to the server that is up and says nothing, but for what a test says in its place. */
export function quietLive(said: Partial<Live>): Live {
  return {
    connection: () => ({ state: "online" }),
    onConnection: () => () => undefined,
    retry: () => undefined,
    follow: () => () => undefined,
    onThread: () => () => undefined,
    onGap: () => () => undefined,
    ...said,
  };
}
