import { Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "@/components/ui/Dialog";
import { Icon } from "@/components/ui/Icon";
import { later, Missing } from "@/components/ui/later";
import { useCommand } from "@/lib/commands";

const load = () => import("./Finder");
const Finder = later(async () => (await load()).default, { missing: (again) => <Missing again={again} /> });

export const searchCommand = "search";

/** Search over titles and messages, and what can be done by name. Its field is there at once, the rest comes after the page. */
export function Search() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  /** What was typed before the rest was there. */
  const [early, setEarly] = useState("");
  const close = () => {
    setOpen(false);
    setEarly("");
  };
  useCommand({ id: searchCommand, title: "search", shortcut: "Mod+K", run: () => (open ? close() : setOpen(true)) });
  useEffect(() => void load().catch(() => undefined), []);
  return (
    <Dialog open={open} onClose={close} title={t("search")} focus={field} width="max-w-2xl" bare>
      <Suspense
        fallback={
          <div className="flex items-center gap-2 ps-4 pe-2">
            <Icon name="search" className="shrink-0 text-muted" />
            <input ref={field} aria-label={t("search")} className="h-13 min-w-0 grow bg-transparent text-base outline-none" value={early} onChange={(event) => setEarly(event.target.value)} />
          </div>
        }
      >
        <Finder field={field} typed={early} onClose={close} />
      </Suspense>
    </Dialog>
  );
}
