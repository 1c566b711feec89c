import { keepPreviousData, queryOptions, type QueryClient } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";
import type { paths } from "@/lib/api/schema";
import { adminKeys } from "./keys";

/** State, latency and errors are read anew this often while they are looked at. */
const liveMilliseconds = 5_000;

/** All there are, for what has to know every name. */
export const providersQuery = queryOptions({
  queryKey: adminKeys.allProviders,
  queryFn: async ({ signal }) => (await body(api.GET("/api/admin/providers", { signal }))).items,
});

type Query<Path extends "/api/admin/providers" | "/api/models"> = NonNullable<paths[Path]["get"]["parameters"]["query"]>;

export const providerPageQuery = (query: Query<"/api/admin/providers">) =>
  queryOptions({
    queryKey: adminKeys.providerPage(query),
    queryFn: ({ signal }) => body(api.GET("/api/admin/providers", { params: { query }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: liveMilliseconds,
  });

export const modelPageQuery = (query: Query<"/api/models">) =>
  queryOptions({
    queryKey: [...keys.models, "page", query],
    queryFn: ({ signal }) => body(api.GET("/api/models", { params: { query }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: 6 * liveMilliseconds,
  });

export const spans = ["1h", "6h", "24h"] as const;
export type Span = (typeof spans)[number];

export const activityQuery = (name: string, span: Span) =>
  queryOptions({
    queryKey: adminKeys.activity(name, span),
    queryFn: ({ signal }) => body(api.GET("/api/admin/providers/{name}/activity", { params: { path: { name }, query: { span } }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: 3 * liveMilliseconds,
  });

export const foundQuery = queryOptions({
  queryKey: adminKeys.found,
  queryFn: async ({ signal }) => (await body(api.GET("/api/admin/found", { signal }))).items,
  staleTime: 0,
});

/** After providers changed: what is known of them, of their models, whether there is any, and of threads that show the default one. */
export async function rereadModels(client: QueryClient): Promise<void> {
  await Promise.all([adminKeys.providers, keys.models, keys.config, keys.anyThread].map((queryKey) => client.invalidateQueries({ queryKey })));
}
