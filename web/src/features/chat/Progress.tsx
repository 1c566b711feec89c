import type { TFunction } from "i18next";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Step } from "@/lib/api/types";

const silentFor = 400;
const countFrom = 5_000;

/** Says in words what happens before the first text: nothing at first, later with the seconds. */
export function Progress({ since, steps, reasoning }: { since: string; steps: readonly Step[]; reasoning: boolean }) {
  const { t } = useTranslation("chat");
  const [passed, setPassed] = useState(() => Math.max(0, Date.now() - Date.parse(since)));
  useEffect(() => {
    const tick = () => setPassed(Math.max(0, Date.now() - Date.parse(since)));
    const first = setTimeout(tick, silentFor);
    const each = setInterval(tick, 1000);
    return () => {
      clearTimeout(first);
      clearInterval(each);
    };
  }, [since]);
  if (passed < silentFor) return <p className="h-7" />;
  return (
    <p role="status" className="text-muted">
      {stepText(steps.findLast(({ state }) => state === "running"), reasoning, t)}
      {passed >= countFrom && <span aria-hidden="true" className="ms-2 tabular-nums">{t("seconds", { value: Math.round(passed / 1000) })}</span>}
    </p>
  );
}

export function stepText(step: Step | undefined, reasoning: boolean, t: TFunction<"chat">): string {
  if (step?.kind === "retrieval") return t("retrieving");
  if (step?.kind === "tool") return t("usingTool", { name: step.name });
  return reasoning ? t("reasoning") : t("thinking");
}
