import { useTranslation } from "@/lib/i18n/i18n";
import { useDelayed } from "@/lib/delay";
import { cx } from "./cx";

/** While something is on its way: nothing at first, then that it comes. */
export function Waiting({ className, text }: { className?: string; text?: string }) {
  const { t } = useTranslation();
  return useDelayed(true) && <p role="status" className={cx("text-sm text-muted", className)}>{text ?? t("common:loading")}</p>;
}
