import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useId, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button } from "@/components/ui/Button";
import { Icon } from "@/components/ui/Icon";
import { LoadFailed } from "@/components/ui/LoadFailed";
import { Empty } from "@/components/ui/Notice";
import type { ThreadItem } from "@/lib/api/types";
import { useDelayed } from "@/lib/delay";
import { useThreadNotices } from "@/lib/events/live";
import { navigate, threadPath } from "@/lib/router";
import { actionsOf, type ThreadActions } from "./actions";
import { groupByDay, untilTomorrow, type Day } from "./days";
import { flatten } from "./pages";
import { threadsQuery } from "./queries";
import { ThreadRow } from "./ThreadRow";
import { toastVoice } from "./voice";

interface Props {
  current: string | null;
  /** Called when a thread was opened, so that a drawer can close. */
  onPick: () => void;
}

/** The threads of the person by day, or those they archived. */
export function ThreadList({ current, onPick }: Props) {
  const { t } = useTranslation("threads");
  const actions = actionsOf(useQueryClient(), toastVoice);
  const [archived, setArchived] = useState(false);
  useThreadNotices((notice) => actions.notice(notice), () => actions.reread());

  return (
    <div className="flex min-h-0 grow flex-col">
      <Scrolled key={String(archived)} archived={archived} current={current} actions={actions} onPick={onPick} />
      <div className="px-2 py-1">
        <Button kind="quiet" size="small" icon={archived ? "left" : "archive"} className="w-full !justify-start" onClick={() => setArchived(!archived)}>
          {t(archived ? "showActive" : "showArchived")}
        </Button>
      </div>
    </div>
  );
}

function Scrolled({ archived, current, actions, onPick }: Props & { archived: boolean; actions: ThreadActions }) {
  const { t } = useTranslation("threads");
  const scroller = useRef<HTMLDivElement>(null);
  const threads = useInfiniteQuery(threadsQuery(archived));
  const hidden = useSyncExternalStore(actions.deletions.subscribe, actions.deletions.hidden);
  const shown = useMemo(() => flatten<ThreadItem>(threads.data).filter(({ id }) => !hidden.has(id)), [threads.data, hidden]);
  const groups = groupByDay(shown, useToday());
  const slow = useDelayed(threads.isPending);

  const remove = (thread: ThreadItem) => {
    const place = shown.indexOf(thread);
    const neighbour = shown[place + 1] ?? shown[place - 1];
    const wasOpen = thread.id === current;
    actions.remove(thread, () => wasOpen && location.pathname === "/" && navigate(threadPath(thread.id)));
    if (wasOpen) navigate("/");
    if (neighbour) focusRow(scroller.current, neighbour.id);
  };

  return (
    <div ref={scroller} className="min-h-0 grow overflow-y-auto px-2 pb-2" aria-busy={threads.isFetching}>
      {archived && <h2 className="px-2 pt-2 text-sm font-semibold">{t("archivedLabel")}</h2>}
      {slow && <p className="px-2 py-3 text-sm text-muted" role="status">{t("loading")}</p>}
      {threads.isError && !threads.data && (
        <LoadFailed className="mt-2" what={t("loadFailed")} error={threads.error} busy={threads.isFetching} retry={() => void threads.refetch()} />
      )}
      {threads.isSuccess && shown.length === 0 && !threads.hasNextPage && (
        <Empty title={t(archived ? "archivedEmpty" : "empty")}>{t(archived ? "archivedEmptyHint" : "emptyHint")}</Empty>
      )}
      {groups.map((group) => (
        <DaySection key={group.key} day={group.day}>
          {group.items.map((thread) => (
            <ThreadRow key={thread.id} thread={thread} current={thread.id === current} actions={actions} onPick={onPick} onDelete={() => remove(thread)} />
          ))}
        </DaySection>
      ))}
      {threads.isFetchNextPageError ? (
        <LoadFailed className="mt-2" what={t("loadFailed")} error={threads.error} busy={threads.isFetching} retry={() => void threads.fetchNextPage()} />
      ) : (
        threads.hasNextPage && (
          <MoreWhenSeen root={scroller} busy={threads.isFetching} onSeen={() => void threads.fetchNextPage()}>
            {t("loadingMore")}
          </MoreWhenSeen>
        )
      )}
    </div>
  );
}

function DaySection({ day, children }: { day: Day; children: ReactNode }) {
  const { t, language } = useTranslation("threads");
  const id = useId();
  const name =
    day.kind === "month"
      ? new Intl.DateTimeFormat(language, { year: "numeric", month: "long" }).format(new Date(day.year, day.month - 1))
      : t(day.kind);
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className="px-2 pt-3 pb-1 text-xs font-medium text-muted">
        {name}
      </h2>
      <ul aria-labelledby={id}>{children}</ul>
    </section>
  );
}

/** Asks for more as soon as the end comes near the view; again after each page, until the view is full. */
function MoreWhenSeen({ root, busy, onSeen, children }: { root: React.RefObject<HTMLElement | null>; busy: boolean; onSeen: () => void; children: ReactNode }) {
  const end = useRef<HTMLParagraphElement>(null);
  const seen = useRef(onSeen);
  useEffect(() => {
    seen.current = onSeen;
  });
  useEffect(() => {
    if (busy || !end.current) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && seen.current(), {
      root: root.current,
      rootMargin: "600px 0px",
    });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [busy, root]);
  return (
    <p ref={end} className="flex items-center gap-1.5 px-2 py-2 text-xs text-muted">
      <Icon name="more" size={14} />
      {children}
    </p>
  );
}

/** Now, anew after each midnight. */
function useToday(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setTimeout(() => setNow(new Date()), untilTomorrow(now) + 1_000);
    return () => clearTimeout(timer);
  }, [now]);
  return now;
}

/** After a row is gone the focus goes to its neighbour, once the menu or the drawer has settled where it would put it. */
function focusRow(root: HTMLElement | null, thread: string): void {
  setTimeout(() => root?.querySelector<HTMLElement>(`a[data-thread="${CSS.escape(thread)}"]`)?.focus(), 60);
}
