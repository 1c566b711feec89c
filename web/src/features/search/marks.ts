/** A piece of a snippet; `marked` where it matches what was searched for. */
export interface Piece {
  text: string;
  marked: boolean;
}

/**
 * Cuts `text` at `marks`, which count Unicode characters (code points), not UTF-16 units as JavaScript does.
 *
 * Marks may touch, overlap, come in any order or reach past the end: what a server sends never breaks the list.
 */
export function splitMarks(text: string, marks: readonly (readonly number[])[]): Piece[] {
  const characters = Array.from(text);
  const marked = new Array<boolean>(characters.length).fill(false);
  for (const [from = 0, to = 0] of marks) marked.fill(true, Math.max(from, 0), Math.max(to, 0));

  const pieces: Piece[] = [];
  for (const [index, character] of characters.entries()) {
    const last = pieces.at(-1);
    const isMarked = marked[index] === true;
    if (last?.marked === isMarked) last.text += character;
    else pieces.push({ text: character, marked: isMarked });
  }
  return pieces;
}
