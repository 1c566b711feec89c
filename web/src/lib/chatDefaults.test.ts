import { afterEach, describe, expect, it } from "vitest";
import { chatDefaults, newChatSettings, setChatDefaults, setNewChatSettings } from "./chatDefaults";

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

describe("the settings of a chat that has not begun", () => {
  it("are those that were chosen for it, and the defaults again once it has begun", () => {
    setChatDefaults({ model: "local/usual", temperature: 0.2 });
    expect(newChatSettings()).toEqual({ model: "local/usual", temperature: 0.2 });
    setNewChatSettings({ model: "local/other" });
    expect(newChatSettings()).toEqual({ model: "local/other" });
    expect(chatDefaults()).toEqual({ model: "local/usual", temperature: 0.2 });
    setNewChatSettings(null);
    expect(newChatSettings()).toEqual({ model: "local/usual", temperature: 0.2 });
  });

  it("do not outlive the defaults that are chosen after them", () => {
    setNewChatSettings({ model: "local/tried" });
    setChatDefaults({ model: "local/usual" });
    expect(newChatSettings()).toEqual({ model: "local/usual" });
  });

  it("may be none at all, whatever the defaults are", () => {
    setChatDefaults({ temperature: 0.2 });
    setNewChatSettings({});
    expect(newChatSettings()).toEqual({});
  });
});
