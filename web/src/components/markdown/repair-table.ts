import { closeInline } from "./repair-inline";

/**
 * A paragraph whose last lines begin a table, with what is missing of its header and of the line
 * under it; null when they do not begin one.
 */
export function completeTable(paragraph: string): string | null {
  const lines = paragraph.replace(/\n+$/, "").split("\n");
  const last = lines.at(-1) ?? "";
  const beforeLast = lines.at(-2);

  if (beforeLast !== undefined && isRow(beforeLast) && isPartOfDelimiter(last)) {
    return [...lines.slice(0, -1), delimiterLike(beforeLast, last)].join("\n");
  }
  if (!isRow(last) || paragraph.endsWith("\n\n")) return null;
  const header = closeRow(last);
  return [...lines.slice(0, -1), header, delimiterLike(header, last)].join("\n");
}

const isRow = (line: string) => /^[ \t>]*\|.*[^\s|]/.test(line);
const isPartOfDelimiter = (line: string) => /^[ \t>]*\|?[ \t:|-]*$/.test(line);

function closeRow(line: string): string {
  if (/\|[ \t]*$/.test(line)) return line;
  const cell = line.lastIndexOf("|") + 1;
  return `${line.slice(0, cell)}${closeInline(line.slice(cell), [], 0)} |`;
}

/** The line under `header`, with as many cells, indented as `like` is. */
function delimiterLike(header: string, like: string): string {
  const cells = header.replace(/\\\|/g, "").split("|").length - 2;
  const indent = /^[ \t>]*/.exec(like)?.[0] ?? "";
  return `${indent}|${" - |".repeat(Math.max(cells, 1))}`;
}
