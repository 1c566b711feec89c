import type { ThreadSettings } from "./api/types";
import { isLongerThan, longestSystemPrompt, mostTokens } from "./limits";

const key = "kaiwa.chat-defaults";
const newChatKey = "kaiwa.new-chat";

const ranges: { [K in keyof ThreadSettings]?: (value: unknown) => boolean } = {
  model: (value) => typeof value === "string" && value !== "",
  temperature: (value) => typeof value === "number" && value >= 0 && value <= 1,
  top_p: (value) => typeof value === "number" && value >= 0 && value <= 1,
  max_tokens: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= mostTokens,
  system_prompt: (value) => typeof value === "string" && value !== "" && !isLongerThan(longestSystemPrompt, value),
};

/** What a new chat begins with in this browser. Only what is set is here; the server decides the rest. */
export function chatDefaults(): ThreadSettings {
  return read(key) ?? {};
}

export function setChatDefaults(settings: ThreadSettings): void {
  write(key, Object.keys(settings).length === 0 ? null : settings);
  // What was tried in a chat that has not begun does not outlive them.
  write(newChatKey, null);
}

/** The settings of the chat that has not begun: what was chosen for it, else the defaults. */
export function newChatSettings(): ThreadSettings {
  return read(newChatKey) ?? chatDefaults();
}

/** Null once it has begun. */
export function setNewChatSettings(settings: ThreadSettings | null): void {
  write(newChatKey, settings);
}

function read(name: string): ThreadSettings | null {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(name) ?? "null");
    if (typeof stored !== "object" || stored === null) return null;
    return Object.fromEntries(Object.entries(stored).filter(([option, value]) => ranges[option as keyof ThreadSettings]?.(value)));
  } catch {
    return null;
  }
}

function write(name: string, settings: ThreadSettings | null): void {
  try {
    if (settings === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(settings));
  } catch {
    // A full or forbidden storage keeps nothing; the chat's own settings still work.
  }
}
