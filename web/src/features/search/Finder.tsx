import { useEffect, useId, useState, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/ui/Button";
import { cx } from "@/components/ui/cx";
import { Icon } from "@/components/ui/Icon";
import { Notice } from "@/components/ui/Notice";
import type { SearchHit } from "@/lib/api/types";
import { shortcutLabel, useCommands, type Command } from "@/lib/commands";
import { useDelayed } from "@/lib/delay";
import { explain } from "@/lib/i18n/problems";
import { textKeys } from "@/lib/ime/keys";
import { navigate, threadPath } from "@/lib/router";
import { splitMarks } from "./marks";
import { searchCommand } from "./Search";
import { useSearch } from "./useSearch";
import "./texts";

type Choice = { kind: "hit"; hit: SearchHit } | { kind: "command"; command: Command };

interface Props {
  field: RefObject<HTMLInputElement | null>;
  /** What stands in the field at first. */
  typed: string;
  onClose: () => void;
}

/** The field, what it finds and the commands that it names. */
export default function Finder({ field, typed, onClose }: Props) {
  const { t } = useTranslation(["search", "common"]);
  const list = useId();
  const [text, setText] = useState(typed);
  useEffect(() => field.current?.focus(), [field]);
  const [composing, setComposing] = useState(false);
  const { query, search, hits, partial } = useSearch(text, composing);
  const commands = useMatchingCommands(text);
  const choices: Choice[] = [...hits.map((hit) => ({ kind: "hit" as const, hit })), ...commands.map((command) => ({ kind: "command" as const, command }))];
  const [place, setPlace] = useState(0);
  const active = Math.min(place, choices.length - 1);
  const slow = useDelayed(search.isFetching && query !== "");

  const take = (choice: Choice | undefined) => {
    if (!choice) return;
    onClose();
    if (choice.kind === "hit") navigate(threadPath(choice.hit.thread, choice.hit.message));
    else choice.command.run();
  };
  const move = (step: number) => {
    if (choices.length === 0) return;
    const next = (active + step + choices.length) % choices.length;
    setPlace(next);
    document.getElementById(`${list}-${next}`)?.scrollIntoView({ block: "nearest" });
  };
  const option = (index: number) => ({
    id: `${list}-${index}`,
    role: "option" as const,
    "aria-selected": index === active,
    onMouseMove: () => setPlace(index),
    onClick: () => take(choices[index]),
    className: cx("block w-full rounded-lg px-3 py-2 text-start", index === active && "bg-hover"),
  });

  return (
    <div className="flex max-h-[80dvh] flex-col">
      <div className="flex items-center gap-2 border-b border-line ps-4 pe-2">
        <Icon name="search" className="shrink-0 text-muted" />
        <input
          ref={field}
          type="text"
          role="combobox"
          aria-label={t("label")}
          aria-expanded={choices.length > 0}
          aria-controls={list}
          aria-activedescendant={choices.length > 0 ? `${list}-${active}` : undefined}
          aria-autocomplete="list"
          autoComplete="off"
          placeholder={t("placeholder")}
          enterKeyHint="search"
          className="h-13 min-w-0 grow bg-transparent text-base outline-none"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setPlace(0);
          }}
          onCompositionStart={() => setComposing(true)}
          onCompositionEnd={() => setComposing(false)}
          onKeyDown={textKeys({ onEnter: () => take(choices[active]), onArrowDown: () => move(1), onArrowUp: () => move(-1) })}
        />
        {/* Beside the field: over the results it would move them while they are read. */}
        {slow && <span className="shrink-0 text-sm text-muted">{t("searching")}</span>}
        <Button kind="quiet" size="small" onClick={onClose}>
          {t("close")}
        </Button>
      </div>
      <p role="status" className="sr-only">
        {query !== "" && search.isSuccess && (hits.length > 0 ? t("found", { count: hits.length }) : t("none", { query }))}
      </p>
      <div className="min-h-0 grow overflow-y-auto p-2">
        {query === "" && <p className="px-3 py-2 text-sm text-muted">{t("hint")}</p>}
        {search.isError && query !== "" && (
          <Notice kind="warning" className="m-1" actions={<Button size="small" onClick={() => void search.refetch()}>{t("retry")}</Button>}>
            <span role="alert">{explain(t("failed"), search.error, t)}</span>
          </Notice>
        )}
        {query !== "" && search.isSuccess && !search.isFetching && hits.length === 0 && (
          <p className="px-3 py-2 text-sm text-muted">{t("none", { query })}</p>
        )}
        <div id={list} role="listbox" aria-label={t("results")}>
          {hits.map((hit, index) => (
            <div key={`${hit.thread} ${hit.message ?? ""}`} {...option(index)}>
              <Hit hit={hit} />
            </div>
          ))}
          {commands.length > 0 && (
            <div role="group" aria-label={t("commands")}>
              <p aria-hidden="true" className="px-3 pt-3 pb-1 text-xs font-medium text-muted">
                {t("commands")}
              </p>
              {commands.map((command, index) => (
                <div key={command.id} {...option(hits.length + index)}>
                  <span className="flex items-center justify-between gap-3 text-[15px]">
                    {t(command.title, { ns: "common" })}
                    {command.shortcut && <kbd className="text-xs text-muted">{shortcutLabel(command.shortcut)}</kbd>}
                  </span>
                </div>
              ))}
            </div>
          )}
        </div>
        {query !== "" && search.hasNextPage && (
          <div className="flex items-center gap-3 px-3 py-2 text-sm text-muted">
            {partial && t("partial")}
            <Button size="small" disabled={search.isFetching} onClick={() => void search.fetchNextPage()}>
              {t("more")}
            </Button>
          </div>
        )}
      </div>
      <p className="border-t border-line px-4 py-2 text-xs text-muted max-md:hidden">{t("keys")}</p>
    </div>
  );
}

function Hit({ hit }: { hit: SearchHit }) {
  const { t } = useTranslation("search");
  const marked = splitMarks(hit.snippet, hit.marks).map((piece, index) => (piece.marked ? <mark key={index}>{piece.text}</mark> : piece.text));
  if (hit.message === null) return <span className="block truncate text-[15px] font-medium">{marked}</span>;
  return (
    <>
      <span className="block truncate text-[15px] font-medium">{hit.title || t("untitled")}</span>
      <span className="line-clamp-2 text-sm text-muted [&_mark]:text-text">{marked}</span>
    </>
  );
}

/** Commands whose name holds what was typed; all of them while nothing is. */
function useMatchingCommands(text: string): readonly Command[] {
  const { t } = useTranslation();
  const wanted = text.trim().toLocaleLowerCase();
  const newest = new Map(useCommands().map((command) => [command.id, command]));
  newest.delete(searchCommand);
  return [...newest.values()].filter((command) => t(command.title).toLocaleLowerCase().includes(wanted));
}
