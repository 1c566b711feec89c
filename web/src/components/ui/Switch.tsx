import { Switch as Base } from "@base-ui/react/switch";

export function Switch({ label, checked, onChange, disabled = false }: { label: string; checked: boolean; onChange: (checked: boolean) => void; disabled?: boolean }) {
  return (
    <label className="flex min-h-10 items-center justify-between gap-4 text-[15px]">
      {label}
      <Base.Root checked={checked} onCheckedChange={onChange} disabled={disabled} className="relative h-6 w-10 shrink-0 rounded-full border border-control bg-hover data-checked:border-accent data-checked:bg-accent">
        <Base.Thumb className="absolute start-0.5 top-0.5 size-[18px] rounded-full bg-control data-checked:start-[18px] data-checked:bg-on-accent" />
      </Base.Root>
    </label>
  );
}
