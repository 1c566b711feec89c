import { useEffect, useRef } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { IconButton } from "@/components/ui/Button";
import { useChat } from "./context";
import type { Item } from "./conversation";

type Step = -1 | 1;

/** The button to go on with, in the row that takes the place of the one it was pressed in. */
let awaited: { message: string; step: Step; until: number } | null = null;
/** Milliseconds after which the focus has gone elsewhere for good. */
const patience = 10_000;

/** ‹ 2/3 ›: the other questions or answers in the same place. */
export function BranchSwitcher({ item }: { item: Item }) {
  const { t } = useTranslation("chat");
  const { actions, running } = useChat();
  const group = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (awaited?.message !== item.id) return;
    const { step, until } = awaited;
    awaited = null;
    // Only when the focus went with the old row, not when the person has turned to something else.
    if (document.activeElement !== document.body || performance.now() > until) return;
    group.current?.querySelectorAll("button")[step < 0 ? 0 : 1]?.focus();
  }, [item.id]);

  const at = item.siblings.indexOf(item.id);
  if (item.siblings.length < 2 || at < 0) return null;
  const button = (step: Step) => {
    const sibling = item.siblings[at + step];
    const go = () => {
      if (running || sibling === undefined) return;
      awaited = { message: sibling, step, until: performance.now() + patience };
      void actions.select(sibling);
    };
    // At an end it stays where the focus is.
    return <IconButton size="small" icon={step < 0 ? "left" : "right"} label={t(step < 0 ? "previousBranch" : "nextBranch")} aria-disabled={running || sibling === undefined} onClick={go} />;
  };
  return (
    <div ref={group} role="group" aria-label={t("branches")} className="flex items-center text-sm text-muted tabular-nums">
      {button(-1)}
      <span>
        {at + 1}/{item.siblings.length}
      </span>
      {button(1)}
    </div>
  );
}
