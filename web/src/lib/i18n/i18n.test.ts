import { expect, it } from "vitest";
import { preferred } from "./i18n";

it.each([
  [["en-US", "ja"], "en"],
  [["ja-JP", "en"], "ja"],
  [["fr", "ja", "en"], "ja"],
  [["jav", "en"], "en"],
  [["fr"], "en"],
  [[], "ja"],
])("of %j takes %s", (languages, language) => expect(preferred(languages)).toBe(language));
