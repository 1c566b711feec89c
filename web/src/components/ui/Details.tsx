import { useTranslation } from "@/lib/i18n/i18n";
import { cx } from "./cx";

/** What was found out, in the words of whoever said it, mostly English: beneath our own words for it. */
export function Details({ text, className }: { text: string | null | undefined; className?: string }) {
  const { t } = useTranslation();
  return text ? <p className={cx("text-muted", className)}>{t("details", { message: text })}</p> : null;
}
