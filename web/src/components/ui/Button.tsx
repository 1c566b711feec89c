import type { ComponentProps } from "react";
import { cx } from "./cx";
import { Icon, type IconName } from "./Icon";
import { Tooltip } from "./Tooltip";

export type ButtonKind = "primary" | "plain" | "quiet" | "danger";

const base =
  "inline-flex items-center justify-center gap-1.5 rounded-lg font-medium select-none whitespace-nowrap border border-transparent";
const kinds: Record<ButtonKind, string> = {
  // What cannot be done now steps back altogether: the accent is for the one action that matters.
  primary: "bg-accent text-on-accent hover:bg-accent-strong disabled:bg-hover disabled:text-muted aria-disabled:bg-hover aria-disabled:text-muted",
  plain: "!border-line bg-raised hover:bg-hover disabled:opacity-50 aria-disabled:opacity-50",
  quiet: "text-muted hover:bg-hover hover:text-text disabled:opacity-40 aria-disabled:opacity-40",
  danger: "bg-danger text-on-danger hover:opacity-90 disabled:opacity-50 aria-disabled:opacity-50",
};

export type ButtonProps = ComponentProps<"button"> & { kind?: ButtonKind; size?: "small" | "normal"; icon?: IconName };

export function Button({ kind = "plain", size = "normal", icon, className, children, type = "button", ...rest }: ButtonProps) {
  const sizes = size === "small" ? "h-8 px-2.5 text-sm pointer-coarse:h-10" : "h-10 px-4 text-[0.9375rem]";
  return (
    <button type={type} className={cx(base, kinds[kind], sizes, className)} {...rest}>
      {icon && <Icon name={icon} size={size === "small" ? 16 : 18} />}
      {children}
    </button>
  );
}

export type IconButtonProps = Omit<ComponentProps<"button">, "children" | "aria-label"> & {
  icon: IconName;
  /** Its name, for those who do not see it and in the tooltip. */
  label: string;
  kind?: ButtonKind;
  size?: "small" | "normal";
  shortcut?: string;
  /** For the tooltip alone, when it says more than the name. */
  hint?: string;
};

export function IconButton({ icon, label, kind = "quiet", size = "normal", hint, shortcut, className, type = "button", ...rest }: IconButtonProps) {
  return (
    <Tooltip text={hint ?? label} {...(shortcut === undefined ? {} : { shortcut })}>
      <button type={type} aria-label={label} className={cx(base, kinds[kind], size === "small" ? "size-8 pointer-coarse:size-10" : "size-10", "shrink-0", className)} {...rest}>
        <Icon name={icon} size={size === "small" ? 17 : 19} />
      </button>
    </Tooltip>
  );
}
