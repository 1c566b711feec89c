import { queryOptions, type QueryClient } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";
import { adminKeys } from "./keys";

/** State, latency and errors are read anew this often while they are looked at. */
const liveMilliseconds = 5_000;

export const providersQuery = queryOptions({
  queryKey: adminKeys.providers,
  queryFn: async ({ signal }) => (await body(api.GET("/api/admin/providers", { signal }))).items,
  refetchInterval: liveMilliseconds,
});

export const foundQuery = queryOptions({
  queryKey: adminKeys.found,
  queryFn: async ({ signal }) => (await body(api.GET("/api/admin/found", { signal }))).items,
  staleTime: 0,
});

/** After providers changed: what is known of them, of their models, and whether there is any. */
export async function rereadModels(client: QueryClient): Promise<void> {
  await Promise.all([adminKeys.providers, keys.models, keys.config].map((queryKey) => client.invalidateQueries({ queryKey })));
}
