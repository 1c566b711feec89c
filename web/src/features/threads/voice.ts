import { toast } from "@/components/ui/toast";
import type { ThreadItem } from "@/lib/api/types";
import { i18next } from "@/lib/i18n/i18n";
import { explain } from "@/lib/i18n/problems";
import type { Voice } from "./actions";

/** How long a deletion can be taken back from the page. */
const undoMilliseconds = 8_000;
const longestTitle = 40;

/** A title as it is said within a sentence. */
export function spokenTitle({ title }: Pick<ThreadItem, "title">): string {
  const characters = [...(title || i18next.t("threads:untitled"))];
  return characters.length > longestTitle ? `${characters.slice(0, longestTitle).join("")}…` : characters.join("");
}

/** Speaks through toasts, which wait while they are pointed at or focused. */
export const toastVoice: Voice = {
  refused(action, thread, reason) {
    const what = i18next.t(`threads:refused.${action}`, { title: spokenTitle(thread) });
    toast({ kind: "error", text: explain(what, reason, i18next.t) });
  },
  deleted(thread, undo, ended) {
    return toast({
      text: i18next.t("threads:deleted", { title: spokenTitle(thread) }),
      action: { label: i18next.t("threads:undo"), run: undo },
      timeout: undoMilliseconds,
      onGone: ended,
    });
  },
  archived(thread, undo) {
    toast({
      text: i18next.t("threads:archivedDone", { title: spokenTitle(thread) }),
      action: { label: i18next.t("threads:undo"), run: undo },
    });
  },
};
