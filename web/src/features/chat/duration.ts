import type { Translate } from "@/lib/i18n/texts";

/** How long something took, as people say it: "40 ms", "2.1 s", "12 s", "1 min 5 s". */
export function duration(milliseconds: number, t: Translate): string {
  if (milliseconds < 100) return t("chat:milliseconds", { value: Math.round(milliseconds) });
  return milliseconds < 9_950 ? t("chat:seconds", { value: (milliseconds / 1000).toFixed(1) }) : wholeSeconds(milliseconds, t);
}

/** The same for a time that is still passing: tenths of it cannot be read. */
export function wholeSeconds(milliseconds: number, t: Translate): string {
  const whole = Math.round(milliseconds / 1000);
  return whole < 60 ? t("chat:seconds", { value: whole }) : t("chat:minutes", { minutes: Math.floor(whole / 60), seconds: whole % 60 });
}
