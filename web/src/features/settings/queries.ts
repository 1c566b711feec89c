import { queryOptions } from "@tanstack/react-query";
import { api, body } from "@/lib/api/client";

export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: async ({ signal }) => (await body(api.GET("/api/sessions", { signal }))).items,
});

export const apiKeysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: async ({ signal }) => (await body(api.GET("/api/keys", { signal }))).items,
});
