import { useRef, useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button, IconButton } from "@/components/ui/Button";
import { TextArea } from "@/components/ui/Field";
import { Notice } from "@/components/ui/Notice";
import { toast } from "@/components/ui/toast";
import { copy } from "@/lib/clipboard";
import { explain } from "@/lib/i18n/problems";
import { FileList } from "./Attachments";
import { BranchSwitcher } from "./BranchSwitcher";
import { useChat } from "./context";
import type { Item } from "./conversation";
import { setEdit, useEdit } from "./edits";
import { langOf } from "./lang";
import { useGrowing } from "./useGrowing";
import { useSendKey } from "./useSendKey";

export function Question({ item }: { item: Item }) {
  const { t } = useTranslation("chat");
  const { running, editing, setEditing } = useChat();
  const pencil = useRef<HTMLButtonElement>(null);
  if (editing === item.id) {
    const close = (from: Element | null) => {
      setEditing(null);
      // Back to where the focus came from, at once: later it might be somewhere else again.
      if (from instanceof HTMLElement && from !== document.body && from.isConnected) return from.focus();
      // The button that began it is a new one by then.
      requestAnimationFrame(() => document.activeElement === document.body && pencil.current?.focus());
    };
    return <Editor item={item} onClose={close} />;
  }
  const copyIt = () =>
    copy(item.text).then(
      () => toast({ text: t("common:copied") }),
      () => toast({ kind: "error", text: t("copyFailed") }),
    );
  return (
    <article aria-label={t("you")} className="group flex flex-col items-end gap-1">
      <FileList files={item.files} side="end" />
      {item.text !== "" && (
        <div lang={langOf(item.text)} className="written max-w-[80%] rounded-2xl border border-transparent bg-bubble px-4 py-2.5 whitespace-pre-wrap">
          {item.text}
        </div>
      )}
      {item.local?.state === "failed" ? (
        <Unsent item={item} error={item.local.error} />
      ) : (
        <div className="flex h-8 items-center opacity-0 pointer-coarse:h-10 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100">
          <IconButton size="small" icon="copy" label={t("common:copy")} onClick={() => void copyIt()} />
          <IconButton ref={pencil} size="small" icon="edit" label={t("edit")} disabled={running} onClick={() => setEditing(item.id)} />
          <BranchSwitcher item={item} />
        </div>
      )}
    </article>
  );
}

/** Why a question did not arrive, and what can be done: sending it again, or writing it anew. */
function Unsent({ item, error }: { item: Item; error: unknown }) {
  const { t } = useTranslation("chat");
  const { actions, rewrite } = useChat();
  const buttons = (
    <>
      <Button size="small" onClick={() => rewrite(item)}>{t("edit")}</Button>
      <Button size="small" onClick={() => void actions.resend(item)}>{t("common:retry")}</Button>
    </>
  );
  return (
    <Notice kind="danger" actions={buttons}>
      {explain(t("notSent"), error, t)}
    </Notice>
  );
}

/** Changes a question in its place; sending it begins a new branch and keeps the old one. */
function Editor({ item, onClose }: { item: Item; onClose: (from: Element | null) => void }) {
  const { t } = useTranslation("chat");
  const { actions } = useChat();
  const [from] = useState(() => document.activeElement);
  const close = () => {
    setEdit(item.id, null);
    onClose(from);
  };
  const text = useEdit(item.id) ?? item.text;
  const { sends, enterKeyHint, hint } = useSendKey();
  const field = useRef<HTMLTextAreaElement>(null);
  useGrowing(field, text);
  const ready = text.trim() !== "" || item.files.length > 0;
  const send = () => {
    if (!ready) return;
    close();
    void actions.send({ text, files: item.files, parent: item.parent });
  };
  return (
    <article aria-label={t("edit")} className="mb-3 flex flex-col gap-2 rounded-2xl bg-bubble p-3">
      <FileList files={item.files} side="end" />
      <TextArea
        ref={field}
        autoFocus
        rows={1}
        enterKeyHint={enterKeyHint}
        aria-label={t("edit")}
        className="max-h-[40dvh] resize-none"
        value={text}
        onChange={(event) => setEdit(item.id, event.target.value)}
        onFocus={(event) => event.target.setSelectionRange(text.length, text.length)}
        keys={{ onEscape: close, onEnter: (event) => (sends(event) ? send() : false) }}
      />
      <div className="flex justify-end gap-2">
        <p className="me-auto self-center text-sm text-muted max-md:hidden">{t(...hint)}</p>
        <Button size="small" onClick={close}>{t("common:cancel")}</Button>
        <Button size="small" kind="primary" disabled={!ready} onClick={send}>{t("send")}</Button>
      </div>
    </article>
  );
}
