import { afterEach, expect, it } from "vitest";
import { chatDefaults, setChatDefaults } from "./chatDefaults";

afterEach(() => localStorage.clear());

it("gives back what was set", () => {
  setChatDefaults({ model: "local/a", temperature: 0.3 });
  expect(chatDefaults()).toEqual({ model: "local/a", temperature: 0.3 });
  setChatDefaults({});
  expect(localStorage.length).toBe(0);
});

it("takes nothing from the storage that the server would refuse", () => {
  localStorage.setItem("kaiwa.chat-defaults", JSON.stringify({ temperature: 9, top_p: "1", max_tokens: 0.5, model: 3, extra: true, system_prompt: "短く" }));
  expect(chatDefaults()).toEqual({ system_prompt: "短く" });
  localStorage.setItem("kaiwa.chat-defaults", "{");
  expect(chatDefaults()).toEqual({});
});
