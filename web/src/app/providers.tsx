import { QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { Toaster } from "@/components/ui/toast";
import { TooltipProvider } from "@/components/ui/Tooltip";
import { whenSignedOut } from "@/lib/api/client";
import { endSession } from "@/lib/api/queries";
import { Boundary } from "./Boundary";
import { makeClient } from "./client";

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(makeClient);
  useEffect(() => whenSignedOut(() => endSession(client)), [client]);
  return (
    <QueryClientProvider client={client}>
      <TooltipProvider>
        <Boundary>{children}</Boundary>
        <Toaster />
      </TooltipProvider>
    </QueryClientProvider>
  );
}
