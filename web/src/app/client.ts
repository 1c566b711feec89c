import { QueryClient } from "@tanstack/react-query";
import { isApiError } from "@/lib/api/errors";

/** The cache of the page, and the rules by which it asks. */
export function makeClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // Without a network there may still be a server: on this machine. Only asking tells.
        networkMode: "always",
        refetchOnReconnect: true,
        // A refusal stays one; only what did not arrive is worth another try.
        retry: (count, error) => count < 2 && isApiError(error) && (error.status === 0 || error.status >= 500),
      },
      mutations: { networkMode: "always" },
    },
  });
}
