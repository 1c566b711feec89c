import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import { LiveConnection } from "./connection";
import { LiveContext } from "./live";
import { recallLine, rememberLine } from "./memory";
import { Turns } from "./turns";

/** A tab hidden for so many milliseconds may have slept through what happened meanwhile. */
const long = 60_000;

const TurnsContext = createContext<Turns | null>(null);

/** The live line of a signed-in page, and the answers that run over it. */
export function LiveProvider({ onSignedOut, children }: { onSignedOut: () => void; children: ReactNode }) {
  const [{ live, turns }] = useState(() => {
    const live = new LiveConnection({
      socket: () => new WebSocket(`${location.origin.replace(/^http/, "ws")}/api/ws`, ["kaiwa.v1"]),
      fetch: (input, init) => fetch(input, init),
      random: Math.random,
      now: Date.now,
      hidden: () => document.hidden,
      recall: recallLine,
      remember: rememberLine,
      onSignedOut,
    });
    return { live, turns: new Turns(live) };
  });
  useEffect(() => {
    live.start();
    const retry = () => live.retry();
    const doubt = () => live.doubt();
    let hiddenAt = Infinity;
    const onVisible = () => {
      if (document.visibilityState !== "visible") hiddenAt = Date.now();
      else if (Date.now() - hiddenAt > long) live.resume();
      else live.retry();
    };
    addEventListener("online", retry);
    addEventListener("offline", doubt);
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      removeEventListener("online", retry);
      removeEventListener("offline", doubt);
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
