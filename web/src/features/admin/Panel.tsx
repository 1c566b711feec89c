import { useId, useRef, type ReactNode } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Drawer } from "@/components/ui/Dialog";
import { IconButton } from "@/components/ui/Button";
import { useFocusLoan } from "@/components/ui/useFocusLoan";
import { useMediaQuery } from "@/lib/media";

/** The panel on the right: beside the table where there is room, a sheet over it where there is not. */
export function Panel({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const { t } = useTranslation("admin");
  const narrow = useMediaQuery("(width < 1024px)");
  const id = useId();
  const panel = useRef<HTMLElement>(null);
  useFocusLoan(panel, !narrow);

  if (narrow) {
    return (
      <Drawer open onClose={onClose} title={title} side="right">
        <div className="px-5 pb-6">{children}</div>
      </Drawer>
    );
  }
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      aria-labelledby={id}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.nativeEvent.isComposing || event.keyCode === 229) return;
        event.stopPropagation();
        onClose();
      }}
      className="w-[360px] shrink-0 overflow-y-auto border-s border-line bg-side px-5 pb-6 outline-none"
    >
      <div className="flex items-center justify-between gap-2 py-3">
        <h2 id={id} className="text-base font-semibold">
          {title}
        </h2>
        <IconButton icon="close" label={t("close")} className="-me-2" onClick={onClose} />
      </div>
      {children}
    </aside>
  );
}
