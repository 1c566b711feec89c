/** The most that the server takes as the text of one message, in bytes of UTF-8. */
export const longestText = 262_144;

export function isTooLong(text: string): boolean {
  // A unit of UTF-16 is one to three bytes: most need no counting.
  if (text.length * 3 <= longestText) return false;
  return text.length > longestText || new TextEncoder().encode(text).length > longestText;
}
