import { Suspense, useRef, useState, type KeyboardEvent, type RefObject } from "react";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { Icon } from "@/components/ui/Icon";
import { later, Missing } from "@/components/ui/later";
import { useCommand } from "@/lib/commands";
import { useTranslation } from "@/lib/i18n/i18n";
import { textKeys, type TextKeys } from "@/lib/ime/keys";
import type { Told } from "./Finder";

const Finder = later(async () => (await import("./Finder")).default, { missing: (again) => <Missing again={again} /> });

export const searchCommand = "search";

/** Search over titles and messages, and what can be done by name. What looks for it is loaded when it is opened the first time. */
export function Search() {
  const [open, setOpen] = useState(false);
  const { t } = useTranslation();
  const field = useRef<HTMLInputElement>(null);
  useCommand({ id: searchCommand, title: "search", shortcut: "Mod+K", run: () => setOpen(!open) });
  return (
    <Dialog open={open} onClose={() => setOpen(false)} title={t("search")} focus={field} width="max-w-2xl" bare>
      <Field field={field} onClose={() => setOpen(false)} />
    </Dialog>
  );
}

/** The field is there at once, and stays the same when the rest comes: an input method may be at work in it by then. */
function Field({ field, onClose }: { field: RefObject<HTMLInputElement | null>; onClose: () => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [composing, setComposing] = useState(false);
  const keys = useRef<TextKeys<KeyboardEvent>>({});
  const [told, setTold] = useState<Told | null>(null);
  return (
    <div className="flex max-h-[80dvh] flex-col">
      <div className="flex items-center gap-2 ps-4 pe-2">
        <Icon name="search" className="shrink-0 text-muted" />
        <input
          ref={field}
          type="text"
          role="combobox"
          aria-label={t("searchLabel")}
          aria-expanded={told?.active !== undefined}
          aria-controls={told?.list}
          aria-activedescendant={told?.active}
          aria-autocomplete="list"
          autoComplete="off"
          placeholder={t("searchLabel")}
          enterKeyHint="search"
          className="h-13 min-w-0 grow bg-transparent text-base outline-none"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onCompositionStart={() => setComposing(true)}
          onCompositionEnd={() => setComposing(false)}
          onKeyDown={(event) => textKeys(keys.current)(event)}
        />
        {/* Beside the field: over the results it would move them while they are read. */}
        {told?.slow && <span className="shrink-0 text-sm text-muted">{t("search:searching")}</span>}
        <Button kind="quiet" size="small" onClick={onClose}>
          {t("close")}
        </Button>
      </div>
      <Suspense>
        <Finder text={text} composing={composing} onKeys={(next) => void (keys.current = next)} onTold={setTold} onClose={onClose} />
      </Suspense>
    </div>
  );
}
