import { useId, useRef, type ReactNode } from "react";
import { cx } from "@/components/ui/cx";
import { useKeptFocus } from "@/components/ui/useKeptFocus";

/** A group of settings under its name. */
export function Group({ title, hint, children }: { title: string; hint?: ReactNode; children: ReactNode }) {
  const id = useId();
  const place = useRef<HTMLElement>(null);
  useKeptFocus(place);
  return (
    <section ref={place} tabIndex={-1} aria-labelledby={id} className="flex flex-col gap-4 outline-none">
      <div>
        <h2 id={id} className="text-lg font-semibold">
          {title}
        </h2>
        {hint && <p className="text-sm text-muted">{hint}</p>}
      </div>
      {children}
    </section>
  );
}

/** One of a few, all in sight; it takes effect at once. */
export function Choice<T extends string>({ label, hint, value, options, onChange }: { label: string; hint?: string; value: T; options: readonly (readonly [T, string])[]; onChange: (value: T) => void }) {
  const name = useId();
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1.5 text-sm font-medium">{label}</legend>
      <div className="flex flex-wrap gap-2">
        {options.map(([option, text]) => (
          <label
            key={option}
            className={cx(
              "flex min-h-10 items-center gap-2 rounded-lg border px-3.5 text-[0.9375rem] hover:bg-hover has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent",
              option === value ? "border-accent" : "border-control",
            )}
          >
            <input type="radio" name={name} value={option} checked={option === value} onChange={() => onChange(option)} className="accent-accent outline-none" />
            {text}
          </label>
        ))}
      </div>
      {hint && <p className="text-sm text-muted">{hint}</p>}
    </fieldset>
  );
}
