export function Switch({ label, checked, onChange, disabled = false }: { label: string; checked: boolean; onChange: (checked: boolean) => void; disabled?: boolean }) {
  return (
    <label className="flex min-h-10 items-center justify-between gap-4 text-[0.9375rem]">
      {label}
      <input
        type="checkbox"
        role="switch"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
        className="relative h-6 w-10 shrink-0 appearance-none rounded-full border border-control bg-hover before:absolute before:start-0.5 before:top-0.5 before:size-[18px] before:rounded-full before:bg-control checked:border-accent checked:bg-accent checked:before:start-[18px] checked:before:bg-on-accent disabled:opacity-50"
      />
    </label>
  );
}
