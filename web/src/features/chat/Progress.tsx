import type { Translate } from "@/lib/i18n/texts";
import { useEffect, useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import type { Step } from "@/lib/api/types";
import { wholeSeconds } from "./duration";

const silentFor = 400;
const countFrom = 5_000;

/** Says in words what happens before the first text: nothing at first, later with the seconds. */
export function Progress({ since, steps, sending }: { since: string; steps: readonly Step[]; sending: boolean }) {
  const { t } = useTranslation("chat");
  const passed = usePassed(since);
  if (passed < silentFor) return <p className="h-7" />;
  return (
    <p role="status" className="text-muted">
      {sending ? t("onItsWay") : stepText(steps.findLast(({ state }) => state === "running"), t)}
      <Seconds passed={passed} />
    </p>
  );
}

/** For a line that says itself what happens. */
export function Passed({ since }: { since: string }) {
  return <Seconds passed={usePassed(since)} />;
}

function Seconds({ passed }: { passed: number }) {
  const { t } = useTranslation("chat");
  return passed >= countFrom && <span aria-hidden="true" className="ms-2 tabular-nums">{wholeSeconds(passed, t)}</span>;
}

/** Milliseconds since then, told anew each second. */
function usePassed(since: string): number {
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
  return passed;
}

export function stepText(step: Step | undefined, t: Translate): string {
  if (step?.kind === "retrieval") return t("retrieving");
  if (step?.kind === "model" && step.name === "retry") {
    const { class: why, provider } = (step.detail ?? {}) as { class?: string; provider?: string };
    return provider ? t([`retrying.${why ?? ""}`, "retrying.other"], { provider }) : t("retrying.other");
  }
  if (step?.kind === "tool") return t("usingTool", { name: step.name });
  return t("thinking");
}
