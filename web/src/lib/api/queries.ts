import { queryOptions, type QueryClient } from "@tanstack/react-query";
import { api, body } from "./client";
import { isApiError } from "./errors";
import type { Session } from "./types";

/** The keys of everything the server tells us, in one place so that invalidation cannot miss. */
export const keys = {
  session: ["session"] as const,
  /** True when a session ended while the page was used. */
  ended: ["ended"] as const,
  setup: ["setup"] as const,
  config: ["config"] as const,
  models: ["models"] as const,
  threads: (archived = false) => ["threads", archived ? "archived" : "current"] as const,
  anyThread: ["thread"] as const,
  thread: (id: string) => ["thread", id] as const,
  messages: (id: string) => ["messages", id] as const,
};

/** Drops all that was read for one person, when another one signs in. */
export function forgetAnswers(client: QueryClient): void {
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] });
}

/** The server says that nobody is signed in any more. */
export function endSession(client: QueryClient): void {
  if (client.getQueryData<Session | null>(keys.session)) client.setQueryData(keys.ended, true);
  client.setQueryData(keys.session, null);
}

/** Null when nobody is signed in. Whoever turns out to be another person than before finds nothing of theirs. */
export const sessionQuery = queryOptions({
  queryKey: keys.session,
  staleTime: Infinity,
  queryFn: async ({ signal, client }): Promise<Session | null> => {
    try {
      const session = await body(api.GET("/api/session", { signal }));
      const before = client.getQueryData<Session | null>(keys.session);
      if (before && before.user.id !== session.user.id) forgetAnswers(client);
      return session;
    } catch (error) {
      if (!isApiError(error) || error.status !== 401) throw error;
      if (client.getQueryData<Session | null>(keys.session)) client.setQueryData(keys.ended, true);
      return null;
    }
  },
});

export const setupQuery = queryOptions({
  queryKey: keys.setup,
  queryFn: ({ signal }) => body(api.GET("/api/setup", { signal })),
});

export const configQuery = queryOptions({
  queryKey: keys.config,
  staleTime: 60_000,
  queryFn: ({ signal }) => body(api.GET("/api/config", { signal })),
});

export const modelsQuery = queryOptions({
  queryKey: keys.models,
  staleTime: 30_000,
  queryFn: async ({ signal }) => (await body(api.GET("/api/models", { signal }))).items,
});

export const threadQuery = (id: string) =>
  queryOptions({
    queryKey: keys.thread(id),
    queryFn: ({ signal }) => body(api.GET("/api/threads/{id}", { params: { path: { id } }, signal })),
  });
