import { useEffect, useRef, useState } from "react";
import { wholeSentences } from "./sentences";

const pause = 1_000;

/** Reads a growing answer to screen readers, politely, a sentence at a time; what was there at first is not repeated. */
export function Announcer({ text }: { text: string }) {
  const [said, setSaid] = useState("");
  const latest = useRef(text);
  const at = useRef(text.length);
  useEffect(() => {
    latest.current = text;
  }, [text]);
  useEffect(() => {
    const timer = setInterval(() => {
      const next = wholeSentences(latest.current, Math.min(at.current, latest.current.length));
      at.current = next.end;
      if (next.said) setSaid(next.said);
    }, pause);
    return () => clearInterval(timer);
  }, []);
  return (
    <p className="sr-only" aria-live="polite" aria-atomic="true">
      {said}
    </p>
  );
}
