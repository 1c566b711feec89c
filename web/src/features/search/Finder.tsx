import { useEffect, useId, useLayoutEffect, useState, type KeyboardEvent, type ReactNode } from "react";
import { Button } from "@/components/ui/Button";
import { cx } from "@/components/ui/cx";
import { LoadFailed } from "@/components/ui/LoadFailed";
import type { SearchHit } from "@/lib/api/types";
import { shortcutLabel, useCommands, type Command } from "@/lib/commands";
import { useDelayed } from "@/lib/delay";
import { useTranslation } from "@/lib/i18n/i18n";
import type { TextKeys } from "@/lib/ime/keys";
import { longestSearch } from "@/lib/limits";
import { navigate, threadPath } from "@/lib/router";
import { splitMarks } from "./marks";
import { searchCommand } from "./Search";
import { hitKey, useSearch } from "./useSearch";
import "./texts";

type Choice = { kind: "hit"; hit: SearchHit } | { kind: "command"; command: Command };

/** What the field says of the list below it. */
export interface Told {
  /** Id of the list. */
  list: string;
  /** Id of the choice that Enter would take; undefined while there is none. */
  active: string | undefined;
  /** The answer is slow to come. */
  slow: boolean;
}

interface Props {
  text: string;
  /** An input method is at work in the field. */
  composing: boolean;
  /** Takes what the field's keys do from now on. */
  onKeys: (keys: TextKeys<KeyboardEvent>) => void;
  onTold: (told: Told) => void;
  onClose: () => void;
}

/** What is found, and the commands that are named. */
export default function Finder({ text, composing, onKeys, onTold, onClose }: Props) {
  const { t } = useTranslation("search");
  const { t: name } = useTranslation();
  const list = useId();
  const { query, tooLong, search, hits, partial } = useSearch(text, composing);
  const commands = useMatchingCommands(text);
  const choices: Choice[] = [...hits.map((hit) => ({ kind: "hit" as const, hit })), ...commands.map((command) => ({ kind: "command" as const, command }))];
  /** Counted for the text that was there then: what is typed anew begins at the top. */
  const [place, setPlace] = useState({ text, index: 0 });
  const active = Math.min(place.text === text ? place.index : 0, choices.length - 1);
  const slow = useDelayed(search.isFetching && query !== "");
  const activeId = active < 0 ? undefined : `${list}-${active}`;
  useEffect(() => onTold({ list, active: activeId, slow }), [onTold, list, activeId, slow]);

  const take = (choice: Choice | undefined) => {
    if (!choice) return;
    onClose();
    if (choice.kind === "hit") navigate(threadPath(choice.hit.thread, choice.hit.message));
    else choice.command.run();
  };
  const move = (step: number) => {
    if (choices.length === 0) return;
    const index = (active + step + choices.length) % choices.length;
    setPlace({ text, index });
    document.getElementById(`${list}-${index}`)?.scrollIntoView({ block: "nearest" });
  };
  useLayoutEffect(() => {
    onKeys({ onEnter: () => take(choices[active]), onArrowDown: () => move(1), onArrowUp: () => move(-1) });
  });
  const option = (index: number) => ({
    id: `${list}-${index}`,
    role: "option" as const,
    "aria-selected": index === active,
    onMouseMove: () => setPlace({ text, index }),
    onClick: () => take(choices[index]),
    className: cx("block w-full rounded-lg px-3 py-2 text-start", index === active && "bg-hover"),
  });

  return (
    <div className="flex min-h-0 grow flex-col border-t border-line">
      <p role="status" className="sr-only">
        {query !== "" && search.isSuccess && (hits.length > 0 ? t("found", { count: hits.length }) : t("none", { query }))}
      </p>
      <div className="min-h-0 grow overflow-y-auto p-2">
        {tooLong && <p role="alert" className="px-3 py-2 text-sm text-danger">{t("tooLong", { size: longestSearch, characters: Math.floor(longestSearch / 3) })}</p>}
        {query === "" && !tooLong && <p className="px-3 py-2 text-sm text-muted">{t("hint")}</p>}
        {search.isError && query !== "" && (
          <LoadFailed className="m-1" what={t("failed")} error={search.error} busy={search.isFetching} retry={() => void search.refetch()} />
        )}
        {query !== "" && search.isSuccess && !search.isFetching && hits.length === 0 && (
          <p className="px-3 py-2 text-sm text-muted">{t("none", { query })}</p>
        )}
        <div id={list} role="listbox" aria-label={t("results")}>
          {hits.map((hit, index) => (
            <div key={hitKey(hit)} {...option(index)}>
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
                  <span className="flex items-center justify-between gap-3 text-[0.9375rem]">
                    {name(command.title)}
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
  const title = (shown: ReactNode) => (
    <span className="flex items-center gap-2 text-[0.9375rem] font-medium">
      <span className="min-w-0 truncate">{shown}</span>
      {hit.archived && <span className="shrink-0 rounded-md border border-control px-1.5 text-xs font-normal text-muted">{t("archived")}</span>}
    </span>
  );
  if (hit.message === null) return title(marked);
  return (
    <>
      {title(hit.title || t("untitled"))}
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
