import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode, RefObject } from "react";
import { useTranslation } from "react-i18next";
import { cx } from "./cx";
import { Icon } from "./Icon";

const backdrop = "fixed inset-0 z-40 bg-shade";

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
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={backdrop} />
        <Base.Popup
          {...(focus ? { initialFocus: focus } : {})}
          className={cx("fixed inset-x-3 top-[10dvh] z-40 mx-auto flex max-h-[80dvh] flex-col overflow-hidden rounded-xl border border-line bg-raised shadow-pop", width)}
        >
          <Heading title={title} hidden={bare} />
          <div className={cx("min-h-0 overflow-y-auto", !bare && "px-5 pb-5")}>{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** A panel from a side: the drawer of the sidebar and the sheets of a phone. */
export function Drawer({ open, onClose, title, children, side, bare = false }: Props & { side: "left" | "right"; bare?: boolean }) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={backdrop} />
        <Base.Popup
          className={cx("fixed inset-y-0 z-40 flex w-[min(20rem,86vw)] flex-col bg-side shadow-pop", side === "left" ? "left-0" : "right-0")}
        >
          <Heading title={title} hidden={bare} />
          <div className="flex min-h-0 grow flex-col overflow-y-auto">{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

function Heading({ title, hidden }: { title: string; hidden: boolean }) {
  const { t } = useTranslation();
  if (hidden) return <Base.Title className="sr-only">{title}</Base.Title>;
  return (
    <div className="flex items-center justify-between gap-2 py-3 ps-5 pe-3">
      <Base.Title className="text-base font-semibold">{title}</Base.Title>
      <Base.Close aria-label={t("close")} className="grid size-9 place-items-center rounded-lg text-muted hover:bg-hover">
        <Icon name="close" />
      </Base.Close>
    </div>
  );
}
