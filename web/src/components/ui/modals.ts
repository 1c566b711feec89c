/** The modal dialogs that are open, the newest last. All that is not in the newest is out of reach. */
let open: readonly HTMLElement[] = [];
const listeners = new Set<() => void>();

function publish(next: readonly HTMLElement[]): void {
  open = next;
  listeners.forEach((listener) => listener());
}

/** Returns what is called when it has closed. */
export function modalOpened(dialog: HTMLElement): () => void {
  publish([...open, dialog]);
  return () => publish(open.filter((other) => other !== dialog));
}

export function newestModal(): HTMLElement | null {
  return open.at(-1) ?? null;
}

export function onModals(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
