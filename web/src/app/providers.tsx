import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { Toaster } from "@/components/ui/toast";
import { TooltipProvider } from "@/components/ui/Tooltip";
import { whenSignedOut } from "@/lib/api/client";
import { isApiError } from "@/lib/api/errors";
import { keys } from "@/lib/api/queries";
import { Boundary } from "./Boundary";

function makeClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // A refusal stays one; only what did not arrive is worth another try.
        retry: (count, error) => count < 2 && isApiError(error) && (error.status === 0 || error.status >= 500),
      },
    },
  });
}

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(makeClient);
  useEffect(() => whenSignedOut(() => client.setQueryData(keys.session, null)), [client]);
  return (
    <QueryClientProvider client={client}>
      <TooltipProvider>
        <Boundary>{children}</Boundary>
        <Toaster />
      </TooltipProvider>
    </QueryClientProvider>
  );
}
