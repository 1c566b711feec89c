const operator = /[\\^_=+<>|*{}&]/;
const cjk = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
const twoWords = /\p{L}{2,}[\s,.;:]+(?:.*[\s,.;:])?\p{L}{2,}/su;

/**
 * Whether the text between two single dollars reads like a formula.
 *
 * `5 and up`, `HOME is set` and `100（税込` do not: they are what stands between two prices or two
 * shell variables. An operator or a TeX command settles it in favour of a formula.
 */
export function looksLikeMath(content: string): boolean {
  if (operator.test(content)) return !/^\d[\d,.]*\s+\p{L}{2,}\s+\p{L}{2,}/u.test(content);
  if (content.length > 200 || cjk.test(content)) return false;
  if (twoWords.test(content)) return false;
  return !/^\d[\d,.]*\s*[-–—(]?\s*\p{L}{2,}/u.test(content);
}
