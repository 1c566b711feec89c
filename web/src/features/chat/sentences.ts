/** Splits what has been written since `from` into whole sentences; `end` is where the next reading begins. */
export function wholeSentences(text: string, from: number): { said: string; end: number } {
  let end = from;
  for (const { index, 0: found } of text.slice(from).matchAll(/[。！？](?:[」』）]|)|[.!?](?=\s)|\n+/g)) end = from + index + found.length;
  return { said: text.slice(from, end).trim(), end };
}
