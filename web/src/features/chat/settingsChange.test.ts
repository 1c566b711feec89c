import { expect, it } from "vitest";
import { settingsChange, takeSettingsBack } from "./settingsChange";

it("names what differs, and null for what was taken away", () => {
  expect(settingsChange({ model: "a", top_p: 0.5, system_prompt: "短く" }, { model: "b", top_p: 0.5 })).toEqual({ model: "b", system_prompt: null });
  expect(settingsChange({ model: "a" }, { model: "a" })).toEqual({});
});

it("takes a refused change back, and no later one", () => {
  const before = { model: "a", system_prompt: "短く" };
  expect(takeSettingsBack({ model: "b", temperature: 0.2 }, { model: "b", system_prompt: null }, before)).toEqual({ model: "a", temperature: 0.2, system_prompt: "短く" });
  expect(takeSettingsBack({ model: "c" }, { model: "b" }, before)).toEqual({ model: "c" });
  expect(takeSettingsBack({ model: "a", top_p: 0.5 }, { top_p: 0.5 }, { model: "a" })).toEqual({ model: "a" });
});
