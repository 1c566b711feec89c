import { useState, type RefObject } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button, IconButton } from "@/components/ui/Button";
import { cx } from "@/components/ui/cx";
import { TextArea } from "@/components/ui/Field";
import { Menu, MenuItem, MenuNote } from "@/components/ui/Menu";
import { toast } from "@/components/ui/toast";
import { Tooltip } from "@/components/ui/Tooltip";
import type { Feedback } from "@/lib/api/types";
import { copy } from "@/lib/clipboard";
import { offersAgain } from "./AnswerState";
import { BranchSwitcher } from "./BranchSwitcher";
import { useChat } from "./context";
import { took, type Item } from "./conversation";
import { copyAnswer } from "./copy";
import { duration } from "./duration";
import { setEdit, useEdit } from "./edits";
import { useSendKey } from "./useSendKey";

/** What can be done with an answer: on hover and focus, and always where there is no pointer to hover with. */
export function AnswerActions({ item, content }: { item: Item; content: RefObject<HTMLElement | null> }) {
  const { t, language } = useTranslation("chat");
  const { actions, running } = useChat();
  const writing = `comment ${item.id}`;
  const comment = useEdit(writing);
  /** Only what was just asked for takes the focus, not what comes back into view. */
  const [asked, setAsked] = useState(false);
  const value = item.feedback?.value;

  const copied = (copying: Promise<void>) =>
    copying.then(
      () => toast({ text: t("common:copied") }),
      () => toast({ kind: "error", text: t("copyFailed") }),
    );
  const put = (next: Feedback | null) => {
    const before = item.feedback;
    void actions.feedback(item, next);
    // What one more press brings back needs no way back.
    if (before?.value === "down" && (next === null || (before.comment && !next.comment))) toast({ text: t(next ? "commentRemoved" : "ratingRemoved"), action: { label: t("common:undo"), run: () => void actions.feedback(item, before) } });
  };
  const ask = () => {
    setAsked(true);
    setEdit(writing, comment ?? item.feedback?.comment ?? "");
  };
  const rate = (next: "up" | "down") => {
    if (next === "down") {
      ask();
      if (value !== "down") put({ value: "down" });
    } else {
      setEdit(writing, null);
      put(value === "up" ? null : { value: "up" });
    }
  };
  const time = new Date(item.created_at).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
  const number = (value: number) => value.toLocaleString(language);
  const passed = took(item);
  const model = item.model?.split("/").slice(1).join("/") || item.model;

  return (
    <div className="flex flex-col gap-2">
      <div className="-ms-2 flex h-8 items-center pointer-coarse:h-10 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 has-data-popup-open:opacity-100 pointer-coarse:opacity-100">
        {item.text !== "" && <IconButton size="small" icon="copy" label={t("common:copy")} onClick={() => void copied(copyAnswer(item.text, content.current))} />}
        {!offersAgain(item) && <IconButton size="small" icon="refresh" label={t("regenerate")} disabled={running} onClick={() => void actions.again(item, "regenerate")} />}
        {item.text !== "" && (
          <>
            <IconButton size="small" icon="up" label={t("good")} aria-pressed={value === "up"} className={cx(value === "up" && "!text-accent")} onClick={() => rate("up")} />
            <IconButton size="small" icon="down" label={t("bad")} aria-pressed={value === "down"} className={cx(value === "down" && "!text-accent")} onClick={() => rate("down")} />
          </>
        )}
        <Menu align="start" trigger={<IconButton size="small" icon="more" label={t("common:more")} />}>
          <MenuItem icon="copy" onClick={() => void copied(copy(item.text))}>{t("copyMarkdown")}</MenuItem>
          {item.text !== "" && <MenuItem icon="play" disabled={running} onClick={() => void actions.again(item, "continue")}>{t("continue")}</MenuItem>}
          <MenuNote>
            {item.model && <span className="block">{item.model}</span>}
            <span className="block">{time}</span>
            {item.usage && <span className="block tabular-nums">{t("tokens", { input: number(item.usage.input_tokens), output: number(item.usage.output_tokens) })}</span>}
            {passed !== null && <span className="block tabular-nums">{duration(passed, t)}</span>}
          </MenuNote>
        </Menu>
        <BranchSwitcher item={item} />
        {model && (
          <Tooltip text={`${item.model} · ${time}`}>
            <span className="ms-2 truncate text-xs text-muted">{model}</span>
          </Tooltip>
        )}
      </div>
      {comment !== undefined && (
        <Comment
          text={comment}
          focused={asked}
          onChange={(text) => setEdit(writing, text)}
          onClose={() => setEdit(writing, null)}
          onSend={() => {
            setEdit(writing, null);
            const said = comment.trim();
            if (said !== (item.feedback?.comment ?? "")) put(said === "" ? { value: "down" } : { value: "down", comment: said });
          }}
          onRemove={() => {
            setEdit(writing, null);
            put(null);
          }}
        />
      )}
    </div>
  );
}

interface CommentProps {
  text: string;
  focused: boolean;
  onChange: (text: string) => void;
  onClose: () => void;
  onSend: () => void;
  /** Takes the rating back, with its comment. */
  onRemove: () => void;
}

function Comment({ text, focused, onChange, onClose, onSend, onRemove }: CommentProps) {
  const { t } = useTranslation("chat");
  const { sends, enterKeyHint } = useSendKey();
  return (
    <div className="flex flex-col gap-2">
      <TextArea
        autoFocus={focused}
        rows={2}
        enterKeyHint={enterKeyHint}
        aria-label={t("comment")}
        placeholder={t("comment")}
        value={text}
        onChange={(event) => onChange(event.target.value)}
        keys={{ onEscape: onClose, onEnter: (event) => (sends(event) ? onSend() : false) }}
      />
      <div className="flex justify-end gap-2">
        <Button size="small" kind="quiet" className="me-auto" onClick={onRemove}>{t("removeRating")}</Button>
        <Button size="small" onClick={onClose}>{t("common:cancel")}</Button>
        <Button size="small" kind="primary" onClick={onSend}>{t("sendComment")}</Button>
      </div>
    </div>
  );
}
