import { useSyncExternalStore } from "react";

/** Where the page is. The address says it all, so a reload shows the same. */
export type Route =
  | { name: "chat"; thread: string | null }
  | { name: "login" }
  | { name: "setup" }
  | { name: "settings"; section: string | null }
  | { name: "admin"; section: string | null }
  | { name: "unknown" };

export function routeOf(path: string): Route {
  const [first, second, ...rest] = path.split("/").filter((part) => part !== "").map(decode);
  if (rest.length > 0) return { name: "unknown" };
  switch (first) {
    case undefined:
      return { name: "chat", thread: null };
    case "t":
      return second === undefined ? { name: "unknown" } : { name: "chat", thread: second };
    case "login":
    case "setup":
      return second === undefined ? { name: first } : { name: "unknown" };
    case "settings":
    case "admin":
      return { name: first, section: second ?? null };
    default:
      return { name: "unknown" };
  }
}

/** The address of a thread, and of a message in it. */
export function threadPath(thread: string, message?: string | null): string {
  return `/t/${encodeURIComponent(thread)}${message ? `#${encodeURIComponent(message)}` : ""}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const listeners = new Set<() => void>();
let visits = 0;
function tell(): void {
  visits++;
  listeners.forEach((listener) => listener());
}
globalThis.addEventListener?.("popstate", tell);

export function navigate(path: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(null, "", path);
  else history.replaceState(null, "", path);
  tell();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLocation(): { path: string; hash: string } {
  const path = useSyncExternalStore(subscribe, () => location.pathname);
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  return { path, hash };
}

/** Another number each time that somebody goes somewhere, also where the address stays the same. */
export function useVisit(): number {
  return useSyncExternalStore(subscribe, () => visits);
}

export function useRoute(): Route {
  return routeOf(useLocation().path);
}
