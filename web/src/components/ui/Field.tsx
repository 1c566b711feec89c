import { useId, type ComponentProps, type ReactNode, type Ref } from "react";
import { textKeys, type TextKeys } from "@/lib/ime/keys";
import { cx } from "./cx";

const look = "w-full rounded-lg border border-control bg-page px-3 text-[1rem] outline-none focus-visible:border-accent focus-visible:ring-1 focus-visible:ring-accent disabled:opacity-60 aria-invalid:border-danger";

type Keys = TextKeys<React.KeyboardEvent<HTMLInputElement>>;

/** A one-line text field. Keys pass through the input method's handler, so a conversion is never taken for a command. */
export function TextInput({ className, keys, ref, ...rest }: Omit<ComponentProps<"input">, "onKeyDown"> & { keys?: Keys; ref?: Ref<HTMLInputElement> }) {
  return <input ref={ref} className={cx(look, "h-10", className)} {...(keys ? { onKeyDown: textKeys(keys) } : {})} {...rest} />;
}

export function TextArea({ className, keys, ref, ...rest }: Omit<ComponentProps<"textarea">, "onKeyDown"> & { keys?: TextKeys<React.KeyboardEvent<HTMLTextAreaElement>>; ref?: Ref<HTMLTextAreaElement> }) {
  return <textarea ref={ref} className={cx(look, "py-2", className)} {...(keys ? { onKeyDown: textKeys(keys) } : {})} {...rest} />;
}

/** A label, its field, a hint and what is wrong with it, tied together. */
export function Field({ label, hint, error, children }: { label: string; hint?: ReactNode; error?: ReactNode; children: (ids: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => ReactNode }) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children({ id, ...(note ? { "aria-describedby": `${id}-note` } : {}), ...(error ? { "aria-invalid": true } : {}) })}
      {note && (
        <p id={`${id}-note`} role={error ? "alert" : undefined} className={cx("text-sm", error ? "text-danger" : "text-muted")}>
          {note}
        </p>
      )}
    </div>
  );
}

/** A choice among a few: the browser's own select, which every phone shows well. */
export function Select({ className, ...rest }: ComponentProps<"select">) {
  return <select className={cx(look, "h-10", className)} {...rest} />;
}
