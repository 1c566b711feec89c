import type { PhrasingContent } from "mdast";
import { looksLikeMath } from "./math-rules";

/** Marks that wait for their ends; more of them are no emphasis. */
const mostClosers = 6;

/**
 * `raw`, the text of a paragraph, heading or cell that is still being written, with its open
 * emphasis, code, link or formula closed.
 *
 * `children` is what it parses to, with positions that count from `base`: what is complete there is
 * left alone.
 */
export function closeInline(
  raw: string,
  children: readonly PhrasingContent[],
  base: number,
): string {
  const text = raw.trimEnd();
  const masked = maskComplete(text, children, base);
  const closers: string[] = [];
  let end = text.length;

  for (let at = 0; at < end; ) {
    const char = masked[at];
    const run = isMark(char) ? runLength(masked, at) : 1;
    if (char === "\\") {
      const closer = { "(": "\\)", "[": "\\]" }[masked[at + 1] ?? ""];
      if (closer) return closeFormula(text, at + 2, closer, closers);
      if (at === end - 1) end = at;
      at += 2;
    } else if (char === "`") {
      const content = text.slice(at + run).replace(/`+$/, "");
      if (content.trim() === "") return finish(text.slice(0, at), closers);
      return text.slice(0, at + run) + content + "`".repeat(run) + closers.join("");
    } else if (char === "$" && run <= 2) {
      if (at + run === end) return finish(text.slice(0, at), closers);
      const content = text.slice(at + run);
      if (run === 2 || opensFormula(masked[at - 1], content))
        return closeFormula(text, at + run, "$".repeat(run), closers);
      at += run;
    } else if (char === "[" || (char === "!" && masked[at + 1] === "[")) {
      const link = pendingLink(text.slice(at));
      if (link !== null) {
        if (link === "") return finish(text.slice(0, at), closers);
        const label = at + (char === "!" ? 2 : 1);
        return `${text.slice(0, at)}[${closeInline(link, children, base + label)}](pending:)${closers.join("")}`;
      }
      at += 1;
    } else if (char === "*" || char === "_" || char === "~") {
      if (at + run === end) return finish(text.slice(0, at), closers);
      if (opensEmphasis(char, run, masked[at - 1], masked[at + run]))
        closers.unshift(char.repeat(run));
      at += run;
    } else {
      at += 1;
    }
  }
  if (closers.length > mostClosers) return raw;
  return finish(text.slice(0, end).replace(/<(?:b|br|br\s*\/)?$/i, ""), closers);
}

function finish(text: string, closers: readonly string[]): string {
  if (closers.length === 0) return text;
  return text.trimEnd() + closers.join("");
}

function closeFormula(text: string, from: number, closer: string, closers: readonly string[]): string {
  const content = text.slice(from).replace(/(?:\\|\$)$/, "");
  if (content.trim() === "") return finish(text.slice(0, from - closer.length), closers);
  return text.slice(0, from) + content.trimEnd() + closer + closers.join("");
}

/** Complete constructs as letters, so that only what is still open is seen. Length is kept. */
function maskComplete(text: string, children: readonly PhrasingContent[], base: number): string {
  let masked = "";
  for (const child of children) {
    if (child.type === "text") continue;
    const from = (child.position?.start.offset ?? base) - base;
    const to = Math.min((child.position?.end.offset ?? base) - base, text.length);
    if (from < masked.length || to <= from || (child.type === "link" && !/^[[<]/.test(text.slice(from)))) continue;
    masked += text.slice(masked.length, from) + "x".repeat(to - from);
  }
  return masked + text.slice(masked.length);
}

function runLength(text: string, at: number): number {
  let length = 1;
  while (text[at + length] === text[at]) length += 1;
  return length;
}

const isMark = (char: string | undefined) => char !== undefined && "`$*_~".includes(char);
const isWord = (char: string | undefined) => char !== undefined && /[A-Za-z0-9]/.test(char);
const isSpace = (char: string | undefined) => char === undefined || /\s/.test(char);

function opensEmphasis(
  char: string,
  run: number,
  before: string | undefined,
  after: string | undefined,
): boolean {
  if (isSpace(after)) return false;
  if (char === "~") return run === 2;
  return run <= 3 && !isWord(before);
}

function opensFormula(before: string | undefined, content: string): boolean {
  if (isWord(before) || /^[\s\d]/.test(content) || content.includes("$")) return false;
  return /[\\^_{]/.test(content) && looksLikeMath(content);
}

/** The label of a link or image that is not complete; null when this is none. */
function pendingLink(text: string): string | null {
  const found = /^!?\[((?:[^[\]\\]|\\.)*)(?:\](?:\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*)?)?$/s.exec(text);
  const label = found?.[1];
  if (label === undefined || /^(?:\^|\d+$|[ xX]$)/.test(label)) return null;
  return label;
}
