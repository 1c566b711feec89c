import type { ReactNode } from "react";
import { cx } from "./cx";
import { Icon, type IconName } from "./Icon";

const kinds = { info: { icon: "info", colour: "text-muted" }, warning: { icon: "warning", colour: "text-warning" }, danger: { icon: "warning", colour: "text-danger" } } as const satisfies Record<string, { icon: IconName; colour: string }>;

/** A calm line that says something and may offer what to do about it. */
export function Notice({ kind = "info", children, actions, className }: { kind?: keyof typeof kinds; children: ReactNode; actions?: ReactNode; className?: string }) {
  const { icon, colour } = kinds[kind];
  return (
    <div className={cx("flex items-start gap-x-2.5 rounded-lg border border-line bg-side py-2 ps-3.5 pe-2 text-sm", className)}>
      {/* As high as the first line and the buttons, so that it stands with both. */}
      <span className="flex h-8 items-center">
        <Icon name={icon} className={cx("shrink-0", colour)} />
      </span>
      <div className="flex min-w-0 grow flex-wrap items-start gap-x-3 gap-y-1">
        <div className="own-words min-w-0 grow basis-64 py-[5px] leading-[1.6]">{children}</div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </div>
    </div>
  );
}

/** What a list shows while it is empty: what it is for, and the button that fills it. As all that a page shows its title is a heading. */
export function Empty({ title, children, action, as: Title = "p" }: { title: string; children?: ReactNode; action?: ReactNode; as?: "p" | "h1" }) {
  return (
    <div className="mx-auto flex max-w-sm flex-col items-center gap-2 px-4 py-10 text-center">
      <Title className="font-medium text-balance">{title}</Title>
      {children && <p className="text-sm text-balance text-muted">{children}</p>}
      {action && <div className="mt-2 flex flex-wrap items-center justify-center gap-x-5 gap-y-2">{action}</div>}
    </div>
  );
}
