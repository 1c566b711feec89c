import { spoken } from "@/lib/plain";

/** A piece of a snippet; `marked` where it matches what was searched for. */
export interface Piece {
  text: string;
  marked: boolean;
}

/**
 * Cuts `text` at `marks`, which are ranges of UTF-16 units. Signs of Markdown are left out, unless they were searched for.
 *
 * Marks may touch, overlap, come in any order, reach past the end or cut a character in two: what a server sends never
 * breaks the list, and no half of a character is shown.
 */
export function splitMarks(text: string, marks: readonly (readonly number[])[]): Piece[] {
  const marked = new Array<boolean>(text.length).fill(false);
  for (const [from = 0, to = 0] of marks) marked.fill(true, Math.max(from, 0), Math.max(to, 0));

  const said = spoken(text);
  const pieces: Piece[] = [];
  let at = 0;
  for (const character of text) {
    const isMarked = marked.slice(at, at + character.length).includes(true);
    const isSaid = isMarked || said[at];
    at += character.length;
    if (!isSaid) continue;
    const last = pieces.at(-1);
    if (last?.marked === isMarked) last.text += character;
    else pieces.push({ text: character, marked: isMarked });
  }
  return pieces;
}
