import { Field } from "./Field";

interface Props {
  label: string;
  hint: string;
  step: number;
  /** Undefined while nothing is set. */
  value: number | undefined;
  /** Where the slider stands while nothing is set. */
  resting: number;
  /** What is said of a value that is not set; left out, `resting` itself. */
  unset?: string;
  onChange: (value: number) => void;
}

/** A slider from 0 to 1 that says where it stands. */
export function Range({ label, hint, step, value, resting, unset, onChange }: Props) {
  const said = value === undefined && unset !== undefined ? unset : (value ?? resting).toFixed(step < 0.1 ? 2 : 1);
  return (
    <Field label={`${label}: ${said}`} hint={hint}>
      {(ids) => (
        <input
          {...ids}
          type="range"
          min={0}
          max={1}
          step={step}
          value={value ?? resting}
          aria-valuetext={said}
          className="h-8 w-full accent-accent"
          onChange={({ target }) => onChange(Math.round(target.valueAsNumber * 100) / 100)}
        />
      )}
    </Field>
  );
}
