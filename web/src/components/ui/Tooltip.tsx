import { Tooltip as Base } from "@base-ui/react/tooltip";
import type { ReactElement, ReactNode } from "react";
import { shortcutLabel } from "@/lib/commands";

/** Says more about what it wraps; never the only place where something is said. */
export function Tooltip({ text, shortcut, children }: { text: ReactNode; shortcut?: string; children: ReactElement<Record<string, unknown>> }) {
  return (
    <Base.Root>
      <Base.Trigger render={children} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} className="z-50">
          <Base.Popup className="pointer-events-none max-w-xs rounded-md bg-text px-2 py-1 text-xs text-page shadow-pop">
            {text}
            {shortcut && <kbd className="ms-2 text-xs opacity-80">{shortcutLabel(shortcut)}</kbd>}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export const TooltipProvider = Base.Provider;
