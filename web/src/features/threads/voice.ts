import { toast } from "@/components/ui/toast";
import type { ThreadItem } from "@/lib/api/types";
import { say } from "@/lib/i18n/i18n";
import { explain } from "@/lib/i18n/problems";
import type { Voice } from "./actions";

/** How long a deletion can be taken back from the page. */
const undoMilliseconds = 8_000;
const longestTitle = 40;

/** A title as it is said within a sentence. */
export function spokenTitle({ title }: Pick<ThreadItem, "title">): string {
  const characters = [...(title || say("threads:untitled"))];
  return characters.length > longestTitle ? `${characters.slice(0, longestTitle).join("")}…` : characters.join("");
}

/** Speaks through toasts, which wait while they are pointed at or focused. */
export const toastVoice: Voice = {
  refused(action, thread, reason) {
    const what = say(`threads:refused.${action}`, { title: spokenTitle(thread) });
    toast({ kind: "error", text: explain(what, reason, say) });
  },
  deleted(thread, undo, ended) {
    return toast({
      text: say("threads:deleted", { title: spokenTitle(thread) }),
      action: { label: say("threads:undo"), run: undo },
      timeout: undoMilliseconds,
      onGone: ended,
    });
  },
  archived(thread, undo) {
    toast({
      text: say("threads:archivedDone", { title: spokenTitle(thread) }),
      action: { label: say("threads:undo"), run: undo },
    });
  },
};
