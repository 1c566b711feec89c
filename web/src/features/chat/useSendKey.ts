import type { KeyboardEvent } from "react";
import { isMac, shortcutLabel } from "@/lib/commands";
import type { Translate } from "@/lib/i18n/texts";
import { useMediaQuery } from "@/lib/media";
import { usePreferences } from "@/lib/preferences";

/** What Enter does where something is written to be sent: one rule for the composer, an edited question and a comment. */
export function useSendKey() {
  const { send } = usePreferences();
  // A phone's keyboard has no Shift+Enter: there, Enter begins a new line.
  const touch = useMediaQuery("(pointer: coarse)");
  const hint: Parameters<Translate> = touch ? ["editHintTouch"] : send === "enter" ? ["editHint"] : ["editHintMod", { keys: shortcutLabel("Mod+Enter") }];
  return {
    touch,
    /** Whether this Enter sends; else it is left to the browser. */
    sends: (event: KeyboardEvent): boolean => {
      const mod = isMac ? event.metaKey : event.ctrlKey;
      return mod || (send === "enter" && !event.shiftKey && !event.altKey && !touch);
    },
    enterKeyHint: touch || send !== "enter" ? "enter" : "send",
    /** Where the keys are told: the key of the text and what it names. */
    hint,
  } as const;
}
