import { useEffect, useRef, useState } from "react";
import { plainText } from "@/lib/plain";
import { wholeSentences } from "./sentences";

const pause = 1_000;
/** Milliseconds after the end by which a screen reader has taken the last words: who moves through the page meets the answer once. */
const kept = 5_000;

/**
 * Reads a growing answer to screen readers, politely, a sentence at a time; what was there at first is not repeated. When the
 * answer has ended, whatever is left is read, a whole sentence or not. Signs of Markdown are not read.
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
  const [over, setOver] = useState(false);
  useEffect(() => {
    if (!ended) return;
    const timer = setTimeout(() => setOver(true), kept);
    return () => {
      clearTimeout(timer);
      setOver(false);
    };
  }, [ended]);
  const said = over ? "" : (ended && text.slice(read.end).trim()) || read.said;
  return (
    <p className="sr-only" aria-live="polite" aria-atomic="true">
      {plainText(said)}
    </p>
  );
}
