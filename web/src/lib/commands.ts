import { useEffect, useRef, useSyncExternalStore } from "react";

/** Something a person can do by name or by key. Titles are translation keys. */
export interface Command {
  id: string;
  title: string;
  /** "Mod" is ⌘ on a Mac and Ctrl elsewhere: "Mod+K", "Mod+Shift+O", "?". Without Mod it is not heard in text fields. */
  shortcut?: string;
  run: () => void;
}

/** A command as a component offers it: while `off` it is neither listed nor heard. */
export interface Offer extends Command {
  off?: boolean;
}

let commands: readonly Command[] = [];
const listeners = new Set<() => void>();

function publish(next: readonly Command[]): void {
  commands = next;
  listeners.forEach((listener) => listener());
}

/** Offers a command while the component is mounted. The newest of an id wins. */
export function useCommand(command: Offer): void {
  const { id, title, shortcut, off = false } = command;
  const run = useRef(command.run);
  useEffect(() => {
    run.current = command.run;
  });
  useEffect(() => {
    if (off) return;
    const mine: Command = { id, title, run: () => run.current(), ...(shortcut === undefined ? {} : { shortcut }) };
    publish([...commands, mine]);
    return () => publish(commands.filter((other) => other !== mine));
  }, [id, title, shortcut, off]);
}

export function useCommands(): readonly Command[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => commands,
  );
}

/** Runs the newest command of that id; false when nothing offers it now. */
export function runCommand(id: string): boolean {
  const command = commands.findLast((candidate) => candidate.id === id);
  command?.run();
  return command !== undefined;
}

export const isMac = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

/** How a shortcut is written on this machine. */
export function shortcutLabel(shortcut: string): string {
  const names: Record<string, string> = isMac ? { Mod: "⌘", Shift: "⇧", Alt: "⌥", Escape: "Esc" } : { Mod: "Ctrl", Escape: "Esc" };
  return shortcut.split("+").map((part) => names[part] ?? part).join(isMac ? "" : "+");
}

export function matchesShortcut(event: KeyboardEvent, shortcut: string): boolean {
  const parts = shortcut.split("+");
  const key = parts.at(-1) ?? "";
  const mod = isMac ? event.metaKey : event.ctrlKey;
  if (parts.includes("Mod") !== mod || parts.includes("Alt") !== event.altKey) return false;
  // A sign such as "?" may need Shift to be typed at all.
  if (/^[A-Z]$/.test(key) && parts.includes("Shift") !== event.shiftKey) return false;
  return event.key.toUpperCase() === key.toUpperCase();
}

/** Whether a command is offered now that hears this key everywhere, text fields and menus too. */
export function isShortcut(event: KeyboardEvent): boolean {
  return commands.some(({ shortcut }) => shortcut?.includes("Mod") && matchesShortcut(event, shortcut));
}

/** Listens for the shortcuts of all commands; once, in the shell. */
export function useShortcuts(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
      const typing = event.target instanceof HTMLElement && event.target.matches("input, textarea, select, [contenteditable]");
      const command = commands.findLast(
        ({ shortcut }) => shortcut !== undefined && matchesShortcut(event, shortcut) && (!typing || shortcut.includes("Mod")),
      );
      if (!command || (event.key === "Escape" && document.querySelector("dialog[open]"))) return;
      event.preventDefault();
      command.run();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
}
