import { infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";
import type { Thread, ThreadItem, ThreadPage } from "@/lib/api/types";
import { flatten, withChange, withItem, without, type Pages } from "./pages";

/** Threads a request; a tall screen shows about 30. */
const pageSize = 50;

export const threadsQuery = (archived: boolean) =>
  infiniteQueryOptions({
    queryKey: keys.threads(archived),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }): Promise<ThreadPage> =>
      body(
        api.GET("/api/threads", {
          params: { query: { limit: pageSize, archived, ...(pageParam === null ? {} : { after: pageParam }) } },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next,
    // Notices keep the list right while it is shown, so only showing it again reads it again.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

function update(client: QueryClient, archived: boolean, change: (pages: Pages<ThreadItem>) => Pages<ThreadItem>): void {
  client.setQueryData(threadsQuery(archived).queryKey, (data) => (data ? (change(data) as typeof data) : data));
}

/** Shows `thread` where it belongs: in the current list or in the archived one. */
export function show(client: QueryClient, thread: ThreadItem): void {
  update(client, thread.archived, (pages) => withItem(pages, thread));
  update(client, !thread.archived, (pages) => without(pages, thread.id));
  patchOpen(client, thread.id, { title: thread.title, archived: thread.archived });
}

export function hide(client: QueryClient, id: string): void {
  for (const archived of [false, true]) update(client, archived, (pages) => without(pages, id));
}

/** Changes fields of a thread wherever it is shown, at its place. */
export function patch(client: QueryClient, id: string, change: Partial<Pick<ThreadItem, "title" | "running">>): void {
  for (const archived of [false, true]) update(client, archived, (pages) => withChange<ThreadItem>(pages, id, change));
  if (change.title !== undefined) patchOpen(client, id, { title: change.title });
}

/** The thread as the lists know it now. */
export function listed(client: QueryClient, id: string): ThreadItem | undefined {
  return [false, true]
    .flatMap((archived) => flatten<ThreadItem>(client.getQueryData(threadsQuery(archived).queryKey)))
    .find((thread) => thread.id === id);
}

/** A thread by itself, as it stands in a list. Whether it runs, a notice will tell. */
export function asItem({ id, title, created_at, updated_at, archived, head }: Thread): ThreadItem {
  return { id, title, created_at, updated_at, archived, head, running: false };
}

function patchOpen(client: QueryClient, id: string, change: Partial<Pick<Thread, "title" | "archived">>): void {
  client.setQueryData<Thread>(keys.thread(id), (thread) => (thread ? { ...thread, ...change } : thread));
}
