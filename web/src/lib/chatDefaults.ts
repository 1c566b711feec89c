import type { ThreadSettings } from "./api/types";

const key = "kaiwa.chat-defaults";

const ranges: { [K in keyof ThreadSettings]?: (value: unknown) => boolean } = {
  model: (value) => typeof value === "string" && value !== "",
  temperature: (value) => typeof value === "number" && value >= 0 && value <= 1,
  top_p: (value) => typeof value === "number" && value >= 0 && value <= 1,
  max_tokens: (value) => Number.isInteger(value) && Number(value) >= 1,
  system_prompt: (value) => typeof value === "string" && value !== "",
};

/** What a new chat begins with in this browser. Only what is set is here; the server decides the rest. */
export function chatDefaults(): ThreadSettings {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? "{}");
    return Object.fromEntries(Object.entries(stored ?? {}).filter(([name, value]) => ranges[name as keyof ThreadSettings]?.(value)));
  } catch {
    return {};
  }
}

export function setChatDefaults(settings: ThreadSettings): void {
  try {
    if (Object.keys(settings).length === 0) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(settings));
  } catch {
    // A full or forbidden storage keeps nothing; the chat's own settings still work.
  }
}
