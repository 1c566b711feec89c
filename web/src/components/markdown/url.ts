const allowed = new Set(["http:", "https:", "mailto:"]);

/** The address of a link as the browser reads it, or null where it must not become a link. */
export function safeUrl(url: string): string | null {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return null;
  }
  return allowed.has(parsed.protocol) ? parsed.href : null;
}

const starts = ["http://", "https://", "www."];

/** Whether `text` is the beginning of an address, or could be with more of it. */
export function couldBeAddress(text: string): boolean {
  const lower = text.toLowerCase();
  return starts.some((start) => start.startsWith(lower) || lower.startsWith(start));
}

const host = /^(?:https?:\/\/|(?=www\.[a-z0-9]))(?:[a-z0-9_-]+\.)*[a-z0-9_-]+(?::\d+)?(?=\/|\?|#|$|[^a-z0-9.:]|[.:])/i;
/** Hiragana and the signs of Japanese text end an address; Kanji and Katakana stand in many a path. */
const path = /^[/?#][^\s<>"`\p{Script=Hiragana}\u3000-\u303f\uff00-\uff65]*/u;

/** How many characters of `text` are the address that it begins with; 0 when it begins with none. */
export function addressLength(text: string): number {
  const name = host.exec(text)?.[0] ?? "";
  if (name === "") return 0;
  const rest = path.exec(text.slice(name.length))?.[0] ?? "";
  return withoutTrailingMarks(name + rest).length;
}

/** Without what more likely belongs to the sentence: final marks and unmatched brackets. */
function withoutTrailingMarks(address: string): string {
  let end = address.length;
  for (;;) {
    const text = address.slice(0, end);
    const last = text.at(-1) ?? "";
    const opening = { ")": "(", "]": "[" }[last];
    const entity = /&[A-Za-z0-9]+;$/.exec(text);
    if (entity) end = entity.index;
    else if (/[?!.,:;*_~'|]/.test(last)) end -= 1;
    else if (opening !== undefined && text.split(last).length > text.split(opening).length) end -= 1;
    else return text;
  }
}

/** Plain text cut into addresses and what stands between them. */
export function splitAddresses(text: string): { text: string; url?: string }[] {
  const parts: { text: string; url?: string }[] = [];
  let from = 0;
  for (const found of text.matchAll(/(?<![A-Za-z0-9])https?:\/\//gi)) {
    if (found.index < from) continue;
    const length = addressLength(text.slice(found.index, found.index + 2_000));
    if (length === 0) continue;
    const url = text.slice(found.index, found.index + length);
    parts.push({ text: text.slice(from, found.index) }, { text: url, url });
    from = found.index + length;
  }
  return [...parts, { text: text.slice(from) }];
}
