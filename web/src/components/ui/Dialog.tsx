import { useEffect, useId, useLayoutEffect, useRef, type PointerEvent, type ReactNode, type RefObject } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { cx } from "./cx";
import { Icon } from "./Icon";
import { modalOpened } from "./modals";

interface Props {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** Where the focus goes first. */
  focus?: RefObject<HTMLElement | null>;
}

/** A question or a form over the page; Escape and a tap outside close it, and the focus returns. */
export function Dialog({ open, onClose, title, children, focus, width = "max-w-lg", bare = false }: Props & { width?: string; bare?: boolean }) {
  if (!open) return null;
  return (
    <Modal title={title} bare={bare} onClose={onClose} focus={focus} className={cx("inset-x-3 top-[10dvh] mx-auto! w-auto max-h-[80dvh] rounded-xl border border-line bg-raised", width)}>
      <div className={cx("min-h-0 overflow-y-auto", !bare && "px-5 pb-5")}>{children}</div>
    </Modal>
  );
}

/** A panel from a side: the drawer of the sidebar and the sheets of a phone. */
export function Drawer({ open, onClose, title, children, focus, side, bare = false }: Props & { side: "left" | "right"; bare?: boolean }) {
  if (!open) return null;
  return (
    <Modal title={title} bare={bare} onClose={onClose} focus={focus} className={cx("inset-y-0 h-dvh max-h-none max-w-none w-[min(22rem,86vw)] bg-side", side === "left" ? "left-0" : "right-0 left-auto")}>
      <div className="flex min-h-0 grow flex-col overflow-y-auto">{children}</div>
    </Modal>
  );
}

/** The browser's own modal dialog: it holds the focus and lies over everything. */
function Modal({ title, bare, onClose, focus, className, children }: { title: string; bare: boolean; onClose: () => void; focus: RefObject<HTMLElement | null> | undefined; className: string; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const { t } = useTranslation();
  const close = useRef(onClose);
  useEffect(() => {
    close.current = onClose;
  });
  useLayoutEffect(() => {
    const element = dialog.current;
    if (!element) return;
    const before = document.activeElement;
    element.showModal();
    focus?.current?.focus();
    const closed = modalOpened(element);
    return () => {
      closed();
      element.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, [focus]);
  const onPointerDown = (event: PointerEvent) => {
    if (event.target === dialog.current) close.current();
  };
  return (
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        if (event.target === event.currentTarget) close.current();
      }}
      onPointerDown={onPointerDown}
      className={cx("fixed m-0 text-text shadow-pop outline-none backdrop:bg-shade open:flex", className)}
    >
      <div className="flex max-h-[inherit] min-h-0 min-w-0 grow flex-col">
        <div className={bare ? "sr-only" : "flex items-center justify-between gap-2 py-3 ps-5 pe-3"}>
          <h2 id={heading} className="text-base font-semibold">
            {title}
          </h2>
          {!bare && (
            <button type="button" aria-label={t("common:close")} onClick={onClose} className="grid size-9 place-items-center rounded-lg text-muted pointer-coarse:size-11 hover:bg-hover">
              <Icon name="close" />
            </button>
          )}
        </div>
        {children}
      </div>
    </dialog>
  );
}
