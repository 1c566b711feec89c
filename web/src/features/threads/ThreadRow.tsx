import { useEffect, useRef, useState } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { cx } from "@/components/ui/cx";
import { TextInput } from "@/components/ui/Field";
import { Icon } from "@/components/ui/Icon";
import { Menu, MenuItem, MenuLine } from "@/components/ui/Menu";
import type { ThreadItem } from "@/lib/api/types";
import { navigate, threadPath } from "@/lib/router";
import type { ThreadActions } from "./actions";
import { spokenTitle } from "./voice";

/** Characters a title may have. */
const titleLimit = 200;

interface Props {
  thread: ThreadItem;
  current: boolean;
  actions: ThreadActions;
  onPick: () => void;
  onDelete: () => void;
}

export function ThreadRow({ thread, current, actions, onPick, onDelete }: Props) {
  const { t } = useTranslation("threads");
  const [renaming, setRenaming] = useState(false);
  const link = useRef<HTMLAnchorElement>(null);

  if (renaming) {
    return (
      <li>
        <Rename
          title={thread.title}
          onEnd={(title) => {
            setRenaming(false);
            if (title !== null) void actions.rename(thread, title);
            requestAnimationFrame(() => link.current?.focus());
          }}
        />
      </li>
    );
  }

  const open = (event: React.MouseEvent) => {
    // A click that asks for another tab or window is the browser's.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(threadPath(thread.id));
    onPick();
  };
  const byKey = (event: React.KeyboardEvent) => {
    if (event.key === "F2") setRenaming(true);
    else if (event.key === "Delete") onDelete();
    else return;
    event.preventDefault();
  };
  return (
    <li className={cx("group relative flex items-center rounded-lg hover:bg-hover has-data-popup-open:bg-hover", current && "bg-hover forced-colors:outline-2 forced-colors:-outline-offset-2 forced-colors:outline-[Highlight]")}>
      <a
        ref={link}
        href={threadPath(thread.id)}
        data-thread={thread.id}
        aria-current={current ? "page" : undefined}
        onClick={open}
        onKeyDown={byKey}
        className="flex h-9 min-w-0 grow items-center gap-2 rounded-lg px-2 text-[0.9375rem] group-focus-within:pe-9 group-hover:pe-9 pointer-coarse:h-11 pointer-coarse:pe-10"
      >
        <span className={cx("truncate", current && "font-medium")}>{thread.title || t("untitled")}</span>
        {thread.running && (
          <span className="flex shrink-0 items-center gap-1 text-xs text-muted">
            <span className="size-1.5 rounded-full bg-accent" aria-hidden="true" />
            {t("running")}
          </span>
        )}
      </a>
      <Menu
        trigger={
          <button
            type="button"
            aria-label={t("menu", { title: spokenTitle(thread) })}
            className="absolute end-0.5 grid size-8 shrink-0 place-items-center rounded-md text-muted opacity-0 hover:text-text group-focus-within:opacity-100 group-hover:opacity-100 focus-visible:opacity-100 data-popup-open:opacity-100 pointer-coarse:size-10 pointer-coarse:opacity-100"
          >
            <Icon name="more" />
          </button>
        }
      >
        <MenuItem icon="edit" onClick={() => setRenaming(true)}>
          {t("rename")}
        </MenuItem>
        {thread.archived ? (
          <MenuItem icon="restore" onClick={() => void actions.unarchive(thread)}>
            {t("unarchive")}
          </MenuItem>
        ) : (
          <MenuItem icon="archive" onClick={() => void actions.archive(thread)}>
            {t("archive")}
          </MenuItem>
        )}
        <MenuLine />
        <MenuItem icon="trash" danger onClick={onDelete}>
          {t("delete")}
        </MenuItem>
      </Menu>
    </li>
  );
}

/** The title as a field, in the place of the row. Leaving the field keeps what was typed; Escape does not. */
function Rename({ title, onEnd }: { title: string; onEnd: (title: string | null) => void }) {
  const { t } = useTranslation("threads");
  const ended = useRef(false);
  const end = (next: string | null) => {
    if (ended.current) return;
    ended.current = true;
    onEnd(next);
  };
  const [text, setText] = useState(title);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // The menu that led here gives the focus back to its button first.
    const frame = requestAnimationFrame(() => field.current?.select());
    return () => cancelAnimationFrame(frame);
  }, []);
  return (
    <TextInput
      ref={field}
      aria-label={t("renameLabel")}
      value={text}
      maxLength={titleLimit}
      className="!h-9"
      onChange={(event) => setText(event.target.value)}
      onBlur={() => end(text)}
      keys={{ onEnter: () => end(text), onEscape: () => end(null) }}
    />
  );
}
