/** The most that the server takes, in bytes of UTF-8: as the text of one message, as a system prompt, as a search. */
export const longestText = 262_144;
export const longestSystemPrompt = 32_768;
export const longestSearch = 200;
/** The highest limit of an answer's length that the server takes, in tokens. */
export const mostTokens = 10_000_000;

const encoder = new TextEncoder();

export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

export function isLongerThan(most: number, text: string): boolean {
  // A unit of UTF-16 is one to three bytes: most need no counting.
  if (text.length * 3 <= most) return false;
  return text.length > most || byteLength(text) > most;
}

/** The limit that somebody wrote, in digits of either width; undefined for none, null for what is no limit. */
export function tokensOf(text: string): number | undefined | null {
  const plain = text.normalize("NFKC").replace(/[\s,]/g, "");
  if (plain === "") return undefined;
  const value = /^\d+$/.test(plain) ? Number(plain) : 0;
  return value >= 1 && value <= mostTokens ? value : null;
}
