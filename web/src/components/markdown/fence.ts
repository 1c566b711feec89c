import type { Code } from "mdast";

/** A fenced code block at the top level, read line by line so that a growing one costs nothing to extend. */
export interface Fence {
  node: Code;
  /** Where the block ends in the source: after its closing fence, or at the end of the text. */
  end: number;
  closed: boolean;
}

const opening = /^( {0,3})(`{3,}|~{3,})[ \t]*([^\n]*)(?:\n|$)/;

/** The fenced code block that begins at `start`, or null where none does. */
export function scanFence(text: string, start: number): Fence | null {
  const head = opening.exec(text.slice(start, start + 200));
  if (!head) return null;
  const [line = "", indent = "", marker = "", info = ""] = head;
  if (marker.startsWith("`") && info.includes("`")) return null;
  if (line.length === 200 && !line.endsWith("\n")) return null;
  if (/[\\&\r]/.test(info)) return null;

  const closing = new RegExp(`\\n {0,3}${marker[0] ?? ""}{${marker.length},}[ \\t]*(?=\\n|$)`, "g");
  closing.lastIndex = Math.max(start + line.length - 1, start);
  const found = closing.exec(text);
  const bodyEnd = found ? found.index : text.length;
  const body = text.slice(start + line.length, Math.max(bodyEnd, start + line.length));
  const value = indent === "" ? body : body.replace(new RegExp(`^ {1,${indent.length}}`, "gm"), "");
  const [lang, ...meta] = info.trim().split(/[ \t]+/);

  return {
    node: {
      type: "code",
      lang: lang ? lang : null,
      meta: meta.length > 0 ? meta.join(" ") : null,
      value: found ? value : value.replace(/\n$/, ""),
    },
    end: found ? found.index + found[0].length : text.length,
    closed: found !== null,
  };
}
