import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import { LiveConnection } from "./connection";
import { LiveContext } from "./live";
import { Turns } from "./turns";

const TurnsContext = createContext<Turns | null>(null);

/** The live line of a signed-in page, and the answers that run over it. */
export function LiveProvider({ onSignedOut, children }: { onSignedOut: () => void; children: ReactNode }) {
  const [{ live, turns }] = useState(() => {
    const live = new LiveConnection({
      socket: () => new WebSocket(`${location.origin.replace(/^http/, "ws")}/api/ws`, ["kaiwa.v1"]),
      fetch: (input, init) => fetch(input, init),
      random: Math.random,
      now: Date.now,
      onSignedOut,
    });
    return { live, turns: new Turns(live) };
  });
  useEffect(() => {
    live.start();
    const retry = () => live.retry();
    const onVisible = () => document.visibilityState === "visible" && live.retry();
    addEventListener("online", retry);
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      removeEventListener("online", retry);
      document.removeEventListener("visibilitychange", onVisible);
      live.stop();
    };
  }, [live]);
  return (
    <LiveContext value={live}>
      <TurnsContext value={turns}>{children}</TurnsContext>
    </LiveContext>
  );
}

export function useTurns(): Turns {
  const turns = useContext(TurnsContext);
  if (!turns) throw new Error("useTurns: there is no LiveProvider above this component");
  return turns;
}
