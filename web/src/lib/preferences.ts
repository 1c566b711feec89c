import { useSyncExternalStore } from "react";

/** What a person chose for this browser. It is worth nothing elsewhere, so it stays here. */
export interface Preferences {
  theme: "system" | "light" | "dark";
  language: "system" | "ja" | "en";
  /** Whether Enter sends (and Shift+Enter breaks) or Mod+Enter does. */
  send: "enter" | "mod-enter";
  sidebar: "open" | "folded";
}

const key = "kaiwa.preferences";
const initial: Preferences = { theme: "system", language: "system", send: "enter", sidebar: "open" };
const allowed: { [K in keyof Preferences]: readonly Preferences[K][] } = {
  theme: ["system", "light", "dark"],
  language: ["system", "ja", "en"],
  send: ["enter", "mod-enter"],
  sidebar: ["open", "folded"],
};

let current = read();
const listeners = new Set<() => void>();

function read(): Preferences {
  let stored: unknown;
  try {
    stored = JSON.parse(localStorage.getItem(key) ?? "{}");
  } catch {
    return initial;
  }
  const known = Object.entries(stored ?? {}).filter(([name, value]) => (allowed[name as keyof Preferences] as readonly unknown[] | undefined)?.includes(value));
  return { ...initial, ...Object.fromEntries(known) };
}

function set(next: Preferences): void {
  current = next;
  listeners.forEach((listener) => listener());
}

// Another tab of this browser follows.
globalThis.addEventListener?.("storage", (event) => {
  if (event.key === key) set(read());
});

export function preferences(): Preferences {
  return current;
}

export function setPreference<K extends keyof Preferences>(name: K, value: Preferences[K]): void {
  set({ ...current, [name]: value });
  try {
    localStorage.setItem(key, JSON.stringify(current));
  } catch {
    // A full or forbidden storage: the choice holds until the tab closes.
  }
}

export function onPreferences(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(onPreferences, preferences);
}
