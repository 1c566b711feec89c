import { expect, it } from "vitest";
import { withStarter } from "./starters";

const prompts = ["Summarise this.\n\n", "Translate:"];
const [summarise = "", translate = ""] = prompts;

it("keeps what was written, after the starter", () => {
  expect(withStarter(summarise, "Three paragraphs.", prompts)).toBe("Summarise this.\n\nThree paragraphs.");
  expect(withStarter(translate, "Three paragraphs.", prompts)).toBe("Translate:\n\nThree paragraphs.");
});

it("stands alone where nothing was written", () => {
  expect(withStarter(summarise, "", prompts)).toBe(summarise);
  expect(withStarter(summarise, " \n", prompts)).toBe(summarise);
});

it("takes the place of a starter chosen before", () => {
  expect(withStarter(translate, summarise, prompts)).toBe(translate);
  expect(withStarter(summarise, withStarter(translate, "Text", prompts), prompts)).toBe("Summarise this.\n\nText");
});
