import type { ReactNode } from "react";
import { cx } from "./cx";
import { Icon, type IconName } from "./Icon";

const kinds = { info: { icon: "info", colour: "text-muted" }, warning: { icon: "warning", colour: "text-warning" }, danger: { icon: "warning", colour: "text-danger" } } as const satisfies Record<string, { icon: IconName; colour: string }>;

/** A calm line that says something and may offer what to do about it. */
export function Notice({ kind = "info", children, actions, className }: { kind?: keyof typeof kinds; children: ReactNode; actions?: ReactNode; className?: string }) {
  const { icon, colour } = kinds[kind];
  return (
    <div className={cx("flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-line bg-side px-3.5 py-2 text-sm", className)}>
      <Icon name={icon} className={cx("shrink-0", colour)} />
      <div className="min-w-0 grow basis-52">{children}</div>
      {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
    </div>
  );
}

/** What a list shows while it is empty: what it is for, and the button that fills it. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-sm flex-col items-center gap-2 px-4 py-10 text-center">
      <p className="font-medium">{title}</p>
      {children && <p className="text-sm text-muted">{children}</p>}
      {action && <div className="mt-2">{action}</div>}
    </div>
  );
}
