import { cloneElement, createContext, useContext, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactElement, type ReactNode } from "react";
import { isShortcut } from "@/lib/commands";
import { isComposing } from "@/lib/ime/keys";
import { cx } from "./cx";
import { TextInput } from "./Field";
import { Icon, type IconName } from "./Icon";
import { place } from "./place";

const Close = createContext<() => void>(() => undefined);
const Choice = createContext<{ value: string | null; onChoose: (value: string) => void } | null>(null);

interface Props {
  /** A button; it becomes the one that opens the menu. */
  trigger: ReactElement<Record<string, unknown>>;
  children: ReactNode;
  side?: "top" | "bottom";
  align?: "start" | "end";
  /** Over a long list: a field that narrows it. Whoever makes the items does so, by `text`. */
  filter?: { label: string; text: string; onText: (text: string) => void } | undefined;
}

/** A button that opens a list of actions. Arrows, Home, End and first letters move in it; Escape and Tab leave. */
export function Menu({ trigger, children, side = "bottom", align = "end", filter }: Props) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLElement>(null);
  const close = () => {
    setOpen(false);
    button.current?.focus({ preventScroll: true });
  };
  const show = () => {
    filter?.onText("");
    setOpen(true);
  };
  // The ref is handed on, not read.
  // eslint-disable-next-line react-hooks/refs
  const opener = cloneElement(trigger, {
    ref: button,
    "aria-haspopup": "menu",
    "aria-expanded": open,
    "data-popup-open": open ? "" : undefined,
    onClick: () => (open ? setOpen(false) : show()),
    onKeyDown: (event: KeyboardEvent) => {
      if (open || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
      event.preventDefault();
      show();
    },
  });
  return (
    <>
      {opener}
      {open && (
        <Close value={close}>
          <Popup anchor={button} side={side} align={align} onDismiss={() => setOpen(false)} onEscape={close} filter={filter}>
            {children}
          </Popup>
        </Close>
      )}
    </>
  );
}

interface PopupProps {
  anchor: React.RefObject<HTMLElement | null>;
  side: "top" | "bottom";
  align: "start" | "end";
  onDismiss: () => void;
  onEscape: () => void;
  filter: Props["filter"];
  children: ReactNode;
}

function Popup({ anchor, side, align, onDismiss, onEscape, filter, children }: PopupProps) {
  const popup = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const typed = useRef({ text: "", at: 0 });
  const dismiss = useRef(onDismiss);
  useEffect(() => {
    dismiss.current = onDismiss;
  });
  const items = () => [...(popup.current?.querySelectorAll<HTMLElement>("[role^=menuitem]:not([aria-disabled=true])") ?? [])];

  useLayoutEffect(() => {
    const element = popup.current;
    const owner = anchor.current;
    if (!element || !owner) return;
    const put = () => place(element, owner, { side, align, gap: 4 });
    element.showPopover();
    put();
    // A list long enough for a field is narrowed first, but not by calling up a phone's keyboard.
    const first = matchMedia("(pointer: coarse)").matches ? null : field.current;
    const chosen = element.querySelector<HTMLElement>("[aria-checked=true]");
    const list = chosen?.closest("[role=menu]");
    if (chosen && list) list.scrollTop = chosen.offsetTop - list.clientHeight / 2;
    (first ?? chosen ?? element.querySelector<HTMLElement>("[role^=menuitem]:not([aria-disabled=true])") ?? element).focus();
    const outside = (event: Event) => {
      if (event.target instanceof Node && !element.contains(event.target) && !owner.contains(event.target)) dismiss.current();
    };
    document.addEventListener("pointerdown", outside);
    addEventListener("scroll", put, { capture: true, passive: true });
    addEventListener("resize", put);
    return () => {
      document.removeEventListener("pointerdown", outside);
      removeEventListener("scroll", put, { capture: true });
      removeEventListener("resize", put);
    };
  }, [anchor, side, align]);
  const narrowed = filter?.text;
  useLayoutEffect(() => {
    // Narrowed, it is lower, and stays where it hangs.
    if (narrowed !== undefined && popup.current && anchor.current) place(popup.current, anchor.current, { side, align, gap: 4 });
  }, [narrowed, anchor, side, align]);

  const move = (to: number) => {
    const all = items();
    all.at(((to % all.length) + all.length) % all.length)?.focus();
  };
  const find = (key: string, now: number) => {
    typed.current = { text: (now - typed.current.at < 700 ? typed.current.text : "") + key.toLowerCase(), at: now };
    items().find((item) => item.textContent.trim().toLowerCase().startsWith(typed.current.text))?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // A shortcut of the page leaves the menu and does what it does elsewhere.
    if (!isComposing(event) && isShortcut(event.nativeEvent)) return onEscape();
    const at = items().indexOf(document.activeElement as HTMLElement);
    event.stopPropagation();
    const writing = event.target === field.current;
    if (writing && (isComposing(event) || !["ArrowDown", "ArrowUp", "Escape", "Tab"].includes(event.key))) return;
    switch (event.key) {
      case "ArrowDown":
        move(at + 1);
        break;
      case "ArrowUp":
        move(at < 0 ? -1 : at - 1);
        break;
      case "Home":
        move(0);
        break;
      case "End":
        move(-1);
        break;
      case "Escape":
      case "Tab":
        onEscape();
        break;
      default:
        if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey) {
          // What is typed on the list goes on in the field.
          if (field.current) field.current.focus();
          else find(event.key, event.timeStamp);
        }
        return;
    }
    event.preventDefault();
  };
  const look = "fixed inset-auto m-0 min-w-44 rounded-lg border border-line bg-raised text-text shadow-pop outline-none";
  if (!filter) {
    return (
      <div ref={popup} popover="manual" role="menu" tabIndex={-1} onKeyDown={onKeyDown} className={cx(look, "overflow-y-auto p-1")}>
        {children}
      </div>
    );
  }
  return (
    <div ref={popup} popover="manual" tabIndex={-1} onKeyDown={onKeyDown} className={cx(look, "w-80 max-w-[calc(100vw-1rem)] flex-col overflow-hidden open:flex")}>
      <div className="border-b border-line p-1">
        <TextInput ref={field} type="search" aria-label={filter.label} placeholder={filter.label} autoComplete="off" value={filter.text} onChange={(event) => filter.onText(event.target.value)} keys={{ onEnter: () => items()[0]?.click() }} />
      </div>
      <div role="menu" tabIndex={0} className="min-h-0 overflow-y-auto p-1 outline-none">
        {children}
      </div>
    </div>
  );
}

const row = "flex min-h-9 w-full pointer-coarse:min-h-11 items-center gap-2.5 rounded-md px-2.5 py-1 text-start text-sm font-normal outline-none hover:bg-hover focus:bg-hover aria-disabled:opacity-50";

export function MenuItem({ icon, danger = false, disabled = false, onClick, children }: { icon?: IconName; danger?: boolean; disabled?: boolean; onClick: () => void; children: ReactNode }) {
  const close = useContext(Close);
  const run = () => {
    if (disabled) return;
    close();
    onClick();
  };
  return (
    <button type="button" role="menuitem" tabIndex={-1} aria-disabled={disabled} className={cx(row, danger && "text-danger")} onClick={run}>
      {icon && <Icon name={icon} size={17} className={danger ? "" : "text-muted"} />}
      {children}
    </button>
  );
}

/** One of several, the chosen one marked. */
export function MenuChoices({ value, onChoose, children }: { value: string | null; onChoose: (value: string) => void; children: ReactNode }) {
  return <Choice value={{ value, onChoose }}>{children}</Choice>;
}

export function MenuChoice({ value, children }: { value: string; children: ReactNode }) {
  const close = useContext(Close);
  const choice = useContext(Choice);
  const checked = choice?.value === value;
  const choose = () => {
    close();
    choice?.onChoose(value);
  };
  return (
    <button type="button" role="menuitemradio" aria-checked={checked} tabIndex={-1} className={cx(row, "max-w-80")} onClick={choose}>
      <span className="min-w-0 grow">{children}</span>
      {checked && <Icon name="check" size={16} className="shrink-0" />}
    </button>
  );
}

export function MenuGroup({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div role="group" aria-label={label}>
      <div aria-hidden="true" className="px-2.5 pt-2 pb-1 text-xs text-muted">
        {label}
      </div>
      {children}
    </div>
  );
}

export function MenuLine() {
  return <div role="separator" className="my-1 h-px bg-line" />;
}

export function MenuNote({ children }: { children: ReactNode }) {
  return <div className="px-2.5 py-1.5 text-xs text-muted">{children}</div>;
}
