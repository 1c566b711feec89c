import { useTranslation } from "react-i18next";
import { IconButton } from "@/components/ui/Button";
import { useChat } from "./context";
import type { Item } from "./conversation";

/** ‹ 2/3 ›: the other questions or answers in the same place. */
export function BranchSwitcher({ item }: { item: Item }) {
  const { t } = useTranslation("chat");
  const { actions, running } = useChat();
  const at = item.siblings.indexOf(item.id);
  if (item.siblings.length < 2 || at < 0) return null;
  const go = (step: number) => {
    const sibling = item.siblings[at + step];
    if (sibling) void actions.select(sibling);
  };
  return (
    <div role="group" aria-label={t("branches")} className="flex items-center text-sm text-muted tabular-nums">
      <IconButton size="small" icon="left" label={t("previousBranch")} disabled={running || at === 0} onClick={() => go(-1)} />
      <span>
        {at + 1}/{item.siblings.length}
      </span>
      <IconButton size="small" icon="right" label={t("nextBranch")} disabled={running || at === item.siblings.length - 1} onClick={() => go(1)} />
    </div>
  );
}
