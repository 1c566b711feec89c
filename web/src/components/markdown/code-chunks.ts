/** Characters after which code is cut, so that colouring one piece takes a few milliseconds. */
const finishedSize = 6_000;
/** Growing code is coloured over and over, so its pieces are smaller. */
const growingSize = 1_200;

/**
 * `code` in pieces that are coloured one at a time, cut at blank lines where possible.
 *
 * More code at the end never moves an earlier cut, so only the last piece of a growing block changes.
 */
export function codeChunks(code: string, growing: boolean): string[] {
  const chunkSize = growing ? growingSize : finishedSize;
  const chunks: string[] = [];
  let from = 0;
  while (code.length - from > chunkSize) {
    const half = from + chunkSize / 2;
    const blank = code.lastIndexOf("\n\n", from + chunkSize - 2);
    const line = code.lastIndexOf("\n", from + chunkSize - 1);
    const cut = blank >= half ? blank + 2 : line >= half ? line + 1 : from + chunkSize;
    chunks.push(code.slice(from, cut));
    from = cut;
  }
  chunks.push(code.slice(from));
  return chunks;
}
