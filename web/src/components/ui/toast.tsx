import { useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "@/lib/i18n/i18n";
import { cx } from "./cx";
import { Icon } from "./Icon";
import { newestModal, onModals } from "./modals";

export interface ToastOptions {
  text: string;
  kind?: "info" | "error";
  /** A button, such as "undo". It closes the toast. */
  action?: { label: string; run: () => void };
  /** Milliseconds until it goes by itself; 5 s, or 8 s with an action or an error. */
  timeout?: number;
  /** Called when it is gone, by itself or by hand, unless the action was taken. */
  onGone?: () => void;
}

type Shown = ToastOptions & { id: number };

/** So many lines at once; one that offers something goes by its time alone, however many there are. */
const most = 3;
let toasts: readonly Shown[] = [];
let count = 0;
let muted = false;
const listeners = new Set<() => void>();

function publish(next: readonly Shown[]): void {
  toasts = next;
  listeners.forEach((listener) => listener());
}

function remove(toast: Shown, how: "gone" | "taken"): void {
  if (!toasts.includes(toast)) return;
  publish(toasts.filter((other) => other !== toast));
  if (how === "gone") toast.onGone?.();
  else toast.action?.run();
}

/** Shows one line at the top of the page, where it hides neither the composer nor what a phone's keyboard leaves. Returns what takes it away. */
export function toast(options: ToastOptions): () => void {
  if (muted) {
    options.onGone?.();
    return () => undefined;
  }
  const shown: Shown = { ...options, id: ++count };
  // Said again, it takes the place of what says the same.
  const same = toasts.filter((old) => old.text === shown.text && !old.action && !shown.action);
  const others = toasts.filter((old) => !same.includes(old));
  const tooMany = others.filter((old) => !old.action).slice(0, Math.max(0, others.length + 1 - most));
  publish([...toasts, shown]);
  for (const old of [...same, ...tooMany]) remove(old, "gone");
  return () => remove(shown, "gone");
}

/** Takes all of them away and shows none, for somebody else may be reading. Returns what ends that. */
export function muteToasts(): () => void {
  for (const shown of toasts) remove(shown, "gone");
  muted = true;
  return () => (muted = false);
}

/** The place where toasts appear; once, in the shell. While a modal dialog is open it is in there: outside nothing can be pressed or heard. */
export function Toaster() {
  const layer = useRef<HTMLDivElement>(null);
  const [host] = useState(() => document.createElement("div"));
  const modal = useSyncExternalStore(onModals, newestModal);
  useLayoutEffect(() => {
    (modal ?? document.body).append(host);
    return () => host.remove();
  }, [host, modal]);
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  const newest = shown.at(-1)?.id;
  useEffect(() => {
    const element = layer.current;
    // A dialog that just went took the layer along: this runs again once it is elsewhere.
    if (!element?.isConnected || !element.showPopover) return;
    // Shown anew, the layer lies over a dialog that has opened since.
    if (element.matches(":popover-open")) element.hidePopover();
    if (newest === undefined) return;
    element.showPopover();
    element.scrollTop = element.scrollHeight;
  }, [newest, modal]);
  return createPortal(
    <div ref={layer} popover="manual" role="log" aria-live="polite" aria-relevant="additions" className={cx("pointer-events-none fixed inset-x-3 top-14 bottom-auto m-0 mx-auto w-auto max-w-md flex-col gap-2 bg-transparent open:flex", shown.length > most ? "max-h-46 overflow-y-auto" : "overflow-visible")}>
      {shown.map((item) => (
        <Line key={item.id} item={item} />
      ))}
    </div>,
    host,
  );
}

function Line({ item }: { item: Shown }) {
  const { t } = useTranslation();
  const [held, setHeld] = useState(false);
  const { kind, action } = item;
  const timeout = item.timeout ?? (action || kind === "error" ? 8000 : 5000);
  useEffect(() => {
    // Whoever points at it is still reading.
    if (held) return;
    const timer = setTimeout(() => remove(item, "gone"), timeout);
    return () => clearTimeout(timer);
  }, [item, timeout, held]);
  const hold = { onPointerEnter: () => setHeld(true), onPointerLeave: () => setHeld(false), onFocus: () => setHeld(true), onBlur: () => setHeld(false) };
  return (
    <div role={kind === "error" ? "alert" : undefined} {...hold} className="pointer-events-auto flex min-h-11 w-full shrink-0 items-center gap-3 rounded-lg bg-text py-1.5 ps-4 pe-1.5 text-sm text-page shadow-pop">
      {kind === "error" && <Icon name="warning" className="shrink-0" />}
      <p className="grow">{item.text}</p>
      {action && (
        <button type="button" onClick={() => remove(item, "taken")} className="min-h-8 rounded-md px-2.5 font-semibold pointer-coarse:min-h-10 whitespace-nowrap underline underline-offset-4 focus-visible:outline-page">
          {action.label}
        </button>
      )}
      <button type="button" aria-label={t("common:close")} onClick={() => remove(item, "gone")} className="grid size-8 shrink-0 place-items-center rounded-md pointer-coarse:size-10 focus-visible:outline-page">
        <Icon name="close" size={16} />
      </button>
    </div>
  );
}
