import { Menu as Base } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";
import { cx } from "./cx";
import { Icon, type IconName } from "./Icon";

/** A button that opens a list of actions. */
export function Menu({ trigger, children, side = "bottom", align = "end" }: { trigger: ReactElement<Record<string, unknown>>; children: ReactNode; side?: "top" | "bottom"; align?: "start" | "end" }) {
  return (
    <Base.Root modal={false}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner side={side} align={align} sideOffset={4} className="z-50">
          <Base.Popup className="max-h-[min(28rem,var(--available-height))] min-w-44 overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-pop outline-none">{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

const item = "flex min-h-9 w-full items-center gap-2.5 rounded-md px-2.5 py-1 text-sm outline-none data-highlighted:bg-hover data-disabled:opacity-50";

export function MenuItem({ icon, danger = false, disabled = false, onClick, children }: { icon?: IconName; danger?: boolean; disabled?: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <Base.Item className={cx(item, danger && "text-danger")} disabled={disabled} onClick={onClick}>
      {icon && <Icon name={icon} size={17} className={danger ? "" : "text-muted"} />}
      {children}
    </Base.Item>
  );
}

export function MenuLine() {
  return <Base.Separator className="my-1 h-px bg-line" />;
}

export function MenuNote({ children }: { children: ReactNode }) {
  return <div className="px-2.5 py-1.5 text-xs text-muted">{children}</div>;
}
