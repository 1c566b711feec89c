import { useState, type ReactNode } from "react";
import { useTranslation } from "@/lib/i18n/i18n";

/** Characters of one run of text that are drawn without being asked for; more are data, and drawing them holds the page. */
const most = 100_000;

/** `text` as `children` draw it; of a very long one the beginning, with a button for the rest. */
export function Folded({ text, children }: { text: string; children: (text: string) => ReactNode }) {
  const { t } = useTranslation("markdown");
  const [open, setOpen] = useState(false);
  if (open || text.length <= most) return children(text);
  return (
    <>
      {children(text.slice(0, most))}…{" "}
      <button type="button" onClick={() => setOpen(true)} className="rounded-md px-1 font-medium text-accent underline underline-offset-4">
        {t("showRest", { count: text.length - most })}
      </button>
    </>
  );
}
