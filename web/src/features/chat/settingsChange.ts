import type { ThreadSettings, ThreadSettingsChange } from "@/lib/api/types";

const names = ["model", "temperature", "top_p", "max_tokens", "system_prompt"] as const satisfies readonly (keyof ThreadSettings)[];

/** What makes `next` of `before`: only what differs is named, and what was taken away is null. */
export function settingsChange(before: ThreadSettings, next: ThreadSettings): ThreadSettingsChange {
  return Object.fromEntries(names.filter((name) => before[name] !== next[name]).map((name) => [name, next[name] ?? null]));
}

/** `now` without a change that was refused. What a later change has set since stays. */
export function takeSettingsBack(now: ThreadSettings, refused: ThreadSettingsChange, before: ThreadSettings): ThreadSettings {
  const own = (name: (typeof names)[number]) => name in refused && (now[name] ?? null) === refused[name];
  const kept = names.map((name) => [name, own(name) ? before[name] : now[name]] as const).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept);
}
