import { defaultRangeExtractor, useVirtualizer, type Range, type Virtualizer, type VirtualItem } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useRef } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Icon } from "@/components/ui/Icon";
import { useChat } from "./context";
import { keyOf, type Conversation, type Item } from "./conversation";
import { estimateHeight } from "./estimate";
import { Row } from "./Row";
import { useFollowing } from "./useFollowing";
import { usePrinting } from "./usePrinting";
import { leaveTarget, useLeaving, useTarget } from "./useTarget";

interface Props {
  conversation: Conversation;
  loadOlder: () => Promise<boolean>;
  /** A message to show, as found by a search. */
  target: string | null;
}

/** All messages of the branch; only those near the view are in the document, but for the paper. */
export function MessageList({ conversation, loadOlder, target }: Props) {
  const { t } = useTranslation();
  const { items } = conversation;
  const { scroller, following, away, set, pin } = useFollowing();
  const printing = usePrinting();

  const { actions, editing } = useChat();
  const edited = editing === null ? -1 : items.findIndex(({ id }) => id === editing);
  const totalSize = useRef(0);
  const virtualizer = useVirtualizer<HTMLDivElement, HTMLElement>({
    count: items.length,
    getScrollElement: () => scroller.current,
    getItemKey: useCallback((index: number) => keyOf(items[index] as Item), [items]),
    estimateSize: useCallback((index: number) => estimateHeight(items[index], scroller.current?.clientWidth ?? 760), [items, scroller]),
    overscan: 4,
    rangeExtractor: useCallback((range: Range) => withEdited(defaultRangeExtractor(range), edited), [edited]),
    paddingStart: 16,
    paddingEnd: 24,
    anchorTo: "end",
    // While following, whatever grows keeps the end in view; else nothing moves what is being read.
    scrollEndThreshold: away ? -1 : 1_000_000,
    directDomUpdates: true,
    onChange: (list) => {
      const size = list.getTotalSize();
      if (size !== totalSize.current) pin();
      totalSize.current = size;
    },
  });
  // What was measured above the view and changes there moves the view along, whichever way it was going.
  virtualizer.shouldAdjustScrollPositionOnItemSizeChange = useCallback((item: VirtualItem, _delta: number, list: Virtualizer<HTMLDivElement, HTMLElement>) => {
    const top = list.scrollOffset ?? 0;
    return list.itemSizeCache.has(item.key) ? item.end <= top : item.start < top;
  }, []);

  const toEnd = useCallback(() => {
    set(true);
    virtualizer.scrollToEnd();
  }, [set, virtualizer]);

  const last = items.at(-1);
  const lastKey = last && keyOf(last);
  const mine = items.at(-2)?.local !== undefined || last?.local !== undefined;
  useLayoutEffect(() => {
    // A thread opens at its end, and what the reader sends is seen.
    if (mine || following.current) toEnd();
  }, [lastKey, mine, following, toEnd]);

  // What did not arrive stands last, but is no part of the conversation yet.
  const newest = items.findLastIndex(({ local }) => local?.state !== "failed");
  const visible = virtualizer.getVirtualItems();
  const first = (visible.find(({ index }) => index !== edited) ?? visible[0])?.index ?? 0;
  useEffect(() => {
    if (first < 6 && conversation.next !== null) void loadOlder();
  }, [first, conversation.next, loadOlder]);

  useTarget(target, conversation, {
    loadOlder: () => void loadOlder(),
    select: (message) => void actions.select(message),
    show: (index) => {
      set(false);
      virtualizer.scrollToIndex(index, { align: "center" });
    },
  });

  useLeaving(target, visible.some(({ index }) => items[index]?.id === target));
  const toNewest = () => {
    leaveTarget();
    toEnd();
  };

  return (
    <div className="@container relative min-h-0 grow">
      {printing && (
        <div className="hidden print:block">
          {conversation.next !== null && <p className="mx-auto max-w-[760px] px-4 pb-4 text-muted">{t("chat:printedPart")}</p>}
          {items.map((item) => (
            <Row key={keyOf(item)} item={item} highlighted={false} newest={false} />
          ))}
        </div>
      )}
      {/* Between the title of the page and those in answers. */}
      <h2 className="sr-only print:hidden">{t("chat:messages")}</h2>
      <div ref={scroller} tabIndex={0} role="log" aria-live="off" aria-label={t("chat:messages")} className="h-full overflow-x-hidden overflow-y-auto [scrollbar-gutter:stable_both-edges] print:hidden outline-none focus-visible:outline-offset-[-2px]">
        <div ref={virtualizer.containerRef} className="relative w-full">
          {visible.map(({ index, key }) => {
            const item = items[index];
            return (
              item && (
                <div key={key} ref={virtualizer.measureElement} data-index={index} className="absolute inset-x-0 top-0">
                  <Row item={item} highlighted={item.id === target} newest={index === newest} />
                </div>
              )
            );
          })}
        </div>
      </div>
      {away && (
        <button type="button" onClick={toNewest} aria-label={t("chat:toNewest")} className="absolute bottom-3 left-1/2 grid size-9 pointer-coarse:size-11 -translate-x-1/2 place-items-center rounded-full border border-line bg-raised shadow-pop hover:bg-hover">
          <Icon name="arrowDown" />
        </button>
      )}
    </div>
  );
}

/** The rows to draw, and the one that is being written in: out of the document it would lose the focus and its place in the text. */
export function withEdited(rows: number[], edited: number): number[] {
  return edited < 0 || rows.includes(edited) ? rows : [...rows, edited].sort((a, b) => a - b);
}
