import { useEffect, useRef, type ClipboardEvent, type KeyboardEvent, type ReactNode, type RefObject } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button, IconButton } from "@/components/ui/Button";
import { cx } from "@/components/ui/cx";
import { toast } from "@/components/ui/toast";
import type { Config } from "@/lib/api/types";
import { useDelayed } from "@/lib/delay";
import { fileSize } from "@/lib/fileSize";
import { textKeys, type TextKeys } from "@/lib/ime/keys";
import { isLongerThan, longestText } from "@/lib/limits";
import { UploadList } from "./Attachments";
import { setDraft, useDraft } from "./drafts";
import { hold, release, useHeld } from "./held";
import { pastedFiles } from "./pasted";
import type { Sending } from "./useActions";
import { useDroppedFiles } from "./useDroppedFiles";
import { useGrowing } from "./useGrowing";
import { useSendKey } from "./useSendKey";
import { useUploads } from "./useUploads";

interface Props {
  thread: string | null;
  uploads: Config["uploads"] | undefined;
  /** An answer runs: what is sent waits for its end. */
  running: boolean;
  /** The thread is still being read: where a question belongs is not known yet. */
  loading: boolean;
  /** The last answer did not come to its end. */
  broken: boolean;
  /** Undefined while it cannot be stopped. */
  onStop: (() => void) | undefined;
  onSend: (sending: Sending) => void;
  /** ↑ in an empty composer. */
  onEditLast: () => void;
  /** The text field, for whoever brings the focus to it. */
  field: RefObject<HTMLTextAreaElement | null>;
  /** Model and settings. */
  children: ReactNode;
}

/** Where a question is written. It never sends what an input method still works on. */
export function Composer({ thread, uploads: limits, running, loading, broken, onStop, onSend, onEditLast, field, children }: Props) {
  const { t } = useTranslation("chat");
  const { text, files } = useDraft(thread);
  const { uploads, add, remove, busy } = useUploads(thread, limits);
  const { touch, sends, enterKeyHint } = useSendKey();
  const picker = useRef<HTMLInputElement>(null);
  const dragging = useDroppedFiles(limits?.enabled ? add : null);
  useGrowing(field, text);
  useFocus(field, touch, running);

  const heldBack = () => void toast({ kind: "error", text: t("heldBackBelow") });
  const held = useHeld(thread, onSend, heldBack, { running, loading, busy, broken });
  const waitsFor = useWaitsFor({ busy, running, loading: held && loading });
  const ready = !held && (text.trim() !== "" || files.length > 0 || busy);
  const refuse = () => void toast({ kind: "error", text: t("tooLong", { size: fileSize(longestText) }) });
  const send = () => {
    if (!ready) return;
    if (isLongerThan(longestText, text.trim())) return refuse();
    if (busy || loading || running) hold(thread, onSend);
    else onSend({ text: text.trim(), files });
    field.current?.focus();
  };
  const cancel = () => {
    release(thread);
    field.current?.focus();
  };
  const keys: TextKeys<KeyboardEvent<HTMLTextAreaElement>> = {
    onEnter: (event) => (sends(event) ? send() : false),
    onEscape: () => {
      if (!release(thread)) return running && onStop ? onStop() : false;
    },
    onArrowUp: () => (text === "" && files.length === 0 && !running ? onEditLast() : false),
  };
  const onPaste = (event: ClipboardEvent) => {
    const pasted = limits?.enabled ? pastedFiles(event.clipboardData) : [];
    // Beyond what can be sent a field of text slows down to a standstill.
    const tooLong = pasted.length === 0 && isLongerThan(longestText, text + event.clipboardData.getData("text/plain"));
    if (pasted.length === 0 && !tooLong) return;
    event.preventDefault();
    if (tooLong) refuse();
    else add(pasted);
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      className={cx("rounded-2xl border bg-raised has-[textarea:focus-visible]:border-accent", dragging ? "border-accent" : "border-control")}
    >
      <UploadList files={files} uploads={uploads} onRemove={remove} />
      <div role="status">
        {held && waitsFor && (
          <p className="flex items-center gap-2 px-4 pt-2 text-sm text-muted">
            {t(waitsFor)}
            <Button size="small" kind="quiet" className="ms-auto shrink-0" onClick={cancel}>{t("common:cancel")}</Button>
          </p>
        )}
      </div>
      <textarea
        ref={field}
        rows={1}
        enterKeyHint={enterKeyHint}
        aria-label={t("message")}
        placeholder={t(dragging ? "dropFiles" : "placeholder")}
        value={text}
        onChange={(event) => {
          release(thread);
          setDraft(thread, { text: event.target.value });
        }}
        onPaste={onPaste}
        onKeyDown={(event) => textKeys(keys)(event)}
        className="block max-h-[40dvh] min-h-12 w-full resize-none overflow-y-auto bg-transparent px-4 pt-3 pb-1 text-[1rem] outline-none"
      />
      <div className="flex items-center gap-0.5 p-1.5">
        {/* There before it is known whether files are allowed: nothing beside it moves. */}
        {limits?.enabled !== false && (
          <>
            <IconButton icon="attach" label={t("attach")} disabled={!limits} onClick={() => picker.current?.click()} />
            <input
              ref={picker}
              type="file"
              multiple
              hidden
              accept={limits?.types.join(",")}
              onChange={(event) => {
                add(event.target.files ?? []);
                event.target.value = "";
              }}
            />
          </>
        )}
        {children}
        {running ? (
          <>
            {ready && <IconButton type="submit" icon="send" label={t("sendBelow")} className="ms-auto !rounded-full" />}
            <IconButton kind="primary" icon="stop" label={t("stop")} shortcut="Esc" disabled={!onStop} onClick={onStop} className={cx("!rounded-full", ready ? "ms-1" : "ms-auto")} />
          </>
        ) : (
          <IconButton kind="primary" type="submit" icon="send" label={t("send")} disabled={!ready} className="ms-auto !rounded-full" />
        )}
      </div>
    </form>
  );
}

/** What a held question waits for, in words. A thread that is read at once is not worth one. */
function useWaitsFor({ busy, running, loading }: { busy: boolean; running: boolean; loading: boolean }): "held" | "heldBelow" | "heldUnread" | null {
  const slow = useDelayed(loading);
  if (busy) return "held";
  if (running) return "heldBelow";
  return slow ? "heldUnread" : null;
}

/** Writing can begin at once, but not by calling up a phone's keyboard. */
function useFocus(field: RefObject<HTMLTextAreaElement | null>, touch: boolean, running: boolean): void {
  const mounted = useRef(false);
  useEffect(() => {
    const element = field.current;
    const first = !mounted.current;
    mounted.current = true;
    if (touch || !element || document.querySelector("dialog[open]")) return;
    // A button that began an answer has gone with the old one, and the focus with it.
    if (!first && !(running && document.activeElement === document.body)) return;
    element.focus({ preventScroll: true });
    element.setSelectionRange(element.value.length, element.value.length);
  }, [field, touch, running]);
}
