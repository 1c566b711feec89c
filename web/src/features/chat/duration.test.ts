import { expect, it } from "vitest";
import { textsOf } from "@/lib/i18n/i18n";
import { duration, wholeSeconds } from "./duration";

it("says a time as people do, in either language", () => {
  const ja = textsOf("chat", "ja");
  const en = textsOf("chat", "en");
  expect([40, 100, 2_149, 9_949, 9_950, 59_400].map((time) => duration(time, ja))).toEqual(["40ミリ秒", "0.1秒", "2.1秒", "9.9秒", "10秒", "59秒"]);
  expect([59_600, 65_000, 3_600_000].map((time) => duration(time, en))).toEqual(["1 min 0 s", "1 min 5 s", "60 min 0 s"]);
  expect(duration(65_000, ja)).toBe("1分5秒");
  expect([5_400, 65_000].map((time) => wholeSeconds(time, ja))).toEqual(["5秒", "1分5秒"]);
});
