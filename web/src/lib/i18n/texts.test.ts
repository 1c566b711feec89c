import { describe, expect, it } from "vitest";
import { translator, type Catalogue } from "./texts";

const catalogue: Catalogue = {
  en: {
    common: { close: "Close", problem: { network: "No network.", other: "That did not work. {{detail}}" } },
    chat: { send: "Send", files_one: "{{count}} file", files_other: "{{count}} files", tokens: "{{count, number}} tokens", both: "{{first}} {{second}}" },
  },
  ja: { common: { close: "閉じる" }, chat: { files_other: "ファイル{{count}}件" } },
};

describe("a text", () => {
  const chat = translator(catalogue, "en", "chat");

  it("is looked for in its namespace, then among the common ones, or where its key says", () => {
    expect([chat("send"), chat("close"), translator(catalogue, "en", "common")("chat:send")]).toEqual(["Send", "Close", "Send"]);
  });

  it("takes the form that the number asks for in its language", () => {
    expect([0, 1, 2].map((count) => chat("files", { count }))).toEqual(["0 files", "1 file", "2 files"]);
    expect(translator(catalogue, "ja", "chat")("files", { count: 1 })).toBe("ファイル1件");
  });

  it("writes a number as the language does where it asks for that", () => {
    expect(chat("tokens", { count: 12_345 })).toBe("12,345 tokens");
    expect(chat("files", { count: 12_345 })).toBe("12345 files");
  });

  it("is the first of several that exists", () => {
    expect(chat(["problem.network", "problem.other"])).toBe("No network.");
    expect(chat(["problem.unheard_of", "problem.other"], { detail: "A teapot." })).toBe("That did not work. A teapot.");
  });

  it("takes what it is given as it is, places and dollars too", () => {
    expect(chat("both", { first: "{{second}} $& $t(close)", second: "<b>" })).toBe("{{second}} $& $t(close) <b>");
  });

  it("that nobody wrote is its key, and so is one that only an object would have", () => {
    expect(chat("nothing.here")).toBe("nothing.here");
    expect(chat("problem")).toBe("problem");
    expect(chat(["problem.constructor.name", "problem.network"])).toBe("No network.");
  });
});
