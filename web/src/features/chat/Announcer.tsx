import { useEffect, useRef, useState } from "react";
import { wholeSentences } from "./sentences";

const pause = 1_000;

/**
 * Reads a growing answer to screen readers, politely, a sentence at a time; what was there at first is not repeated. When the
 * answer has ended, whatever is left is read, a whole sentence or not.
 */
export function Announcer({ text, ended }: { text: string; ended: boolean }) {
  const [read, setRead] = useState({ said: "", end: text.length });
  const latest = useRef(text);
  useEffect(() => {
    latest.current = text;
  }, [text]);
  useEffect(() => {
    if (ended) return;
    const timer = setInterval(() => {
      setRead((old) => {
        const next = wholeSentences(latest.current, Math.min(old.end, latest.current.length));
        return next.said === "" ? { ...old, end: next.end } : next;
      });
    }, pause);
    return () => clearInterval(timer);
  }, [ended]);
  return (
    <p className="sr-only" aria-live="polite" aria-atomic="true">
      {(ended && text.slice(read.end).trim()) || read.said}
    </p>
  );
}
