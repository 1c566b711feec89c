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

/** By thread: the changes of its settings that the server is being told of, in their order. */
const underway = new Map<string, readonly ThreadSettingsChange[]>();

/** Counts `changed` as underway until `told` settles. */
export async function tell(thread: string, changed: ThreadSettingsChange, told: () => Promise<unknown>): Promise<void> {
  underway.set(thread, [...(underway.get(thread) ?? []), changed]);
  try {
    await told();
  } finally {
    const rest = (underway.get(thread) ?? []).filter((other) => other !== changed);
    if (rest.length > 0) underway.set(thread, rest);
    else underway.delete(thread);
  }
}

/**
 * What a turn has to say of its thread's settings: what the server may not know yet. All else it has itself, and a model
 * that is only its default is not to be pinned by being named (docs/decisions/0027-a-thread-shows-the-default-model.md).
 */
export function settingsUnderway(thread: string): ThreadSettings {
  const changed = (underway.get(thread) ?? []).reduce<ThreadSettingsChange>((all, one) => ({ ...all, ...one }), {});
  return Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== null));
}
