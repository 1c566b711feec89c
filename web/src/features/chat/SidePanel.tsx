import { useRef, type ReactNode } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { IconButton } from "@/components/ui/Button";
import { Drawer } from "@/components/ui/Dialog";
import { useFocusLoan } from "@/components/ui/useFocusLoan";
import { isComposing } from "@/lib/ime/keys";
import { useMediaQuery } from "@/lib/media";

/** The panel on the right of a chat: beside the column where there is room, a sheet over it where there is not. */
export function SidePanel({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const { t } = useTranslation();
  const wide = useMediaQuery("(width >= 1100px)");
  const panel = useRef<HTMLElement>(null);
  useFocusLoan(panel, wide);
  if (!wide) {
    return (
      <Drawer open onClose={onClose} title={title} side="right">
        {children}
      </Drawer>
    );
  }
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || isComposing(event)) return;
        event.stopPropagation();
        onClose();
      }}
      className="flex w-[360px] shrink-0 flex-col overflow-y-auto border-s border-line bg-side outline-none"
    >
      <div className="flex items-center justify-between py-2 ps-5 pe-2">
        <h2 className="font-semibold">{title}</h2>
        <IconButton icon="close" label={t("close")} onClick={onClose} />
      </div>
      {children}
    </aside>
  );
}
