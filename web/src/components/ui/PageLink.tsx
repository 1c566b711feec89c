import type { ReactNode } from "react";
import { navigate } from "@/lib/router";

/** A link within the page. A click that asks for another tab or window is the browser's. */
export function PageLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <a
      href={to}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        navigate(to);
      }}
      className="text-accent underline underline-offset-4"
    >
      {children}
    </a>
  );
}
