/** What begins a line of Markdown without being said: headings, quotes, lists, fences, rules. */
const lineStart = /^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+(?:\[[ xX]\][ \t]+)?|\d+[.)][ \t]+|(?:```|~~~)\S*|(?:\*{3,}|-{3,}|_{3,})[ \t]*$)/gm;
/** Signs within a line. One asterisk or underscore alone may be meant, as in `snake_case` or 3*4. */
const within = /\*\*+|__+|~~|`+|(?<=\]\()[^\s()]*(?=\))|!?\[(?=[^\]\n]{0,999}\]\()|\]\(|\)(?<=\]\([^\s()]{0,2000}\))/g;

/** For each UTF-16 unit of a text in Markdown, whether it is said rather than a sign that dresses what is said. */
export function spoken(text: string): boolean[] {
  const said = new Array<boolean>(text.length).fill(true);
  for (const signs of [lineStart, within]) {
    for (const { 0: sign, index } of text.matchAll(signs)) said.fill(false, index, index + sign.length);
  }
  return said;
}

/** A text in Markdown without its signs: for one line of it, and until its parser is here. */
export function plainText(text: string): string {
  const said = spoken(text);
  return text.split("").filter((_, index) => said[index]).join("");
}
