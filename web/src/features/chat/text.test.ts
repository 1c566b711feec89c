import { expect, it } from "vitest";
import { langOf } from "./lang";
import { wholeSentences } from "./sentences";

it.each([
  ["会話をはじめる", "ja"],
  ["Hello there", "en"],
  ["안녕하세요", "ko"],
  ["資料検索", undefined],
  ["123", undefined],
])("takes %s for %s", (text, lang) => expect(langOf(text)).toBe(lang));

it("reads out whole sentences only, each once", () => {
  const text = "一つめです。二つめ「はい。」そして 3.14 is pi. Half";
  let from = 0;
  const said: string[] = [];
  for (let length = 1; length <= text.length; length++) {
    const next = wholeSentences(text.slice(0, length), from);
    if (next.said) said.push(next.said);
    from = next.end;
  }
  expect(said).toEqual(["一つめです。", "二つめ「はい。", "」そして 3.14 is pi."]);
});
