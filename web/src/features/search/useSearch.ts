import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, body } from "@/lib/api/client";
import type { SearchHit } from "@/lib/api/types";
import { isLongerThan, longestSearch } from "@/lib/limits";

/** Typing this long apart is one question to the server. */
const pauseMilliseconds = 150;
const pageSize = 20;

const searchQuery = (text: string) =>
  infiniteQueryOptions({
    queryKey: ["search", text],
    enabled: text !== "" && !isLongerThan(longestSearch, text),
    staleTime: 10_000,
    placeholderData: keepPreviousData,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      body(api.GET("/api/search", { params: { query: { q: text, limit: pageSize, ...(pageParam === null ? {} : { after: pageParam }) } }, signal })),
    getNextPageParam: (page) => page.next,
  });

/** `text` once typing has paused. A half-converted word of an input method is never searched for. */
function useSettled(text: string, composing: boolean): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    if (composing) return;
    const timer = setTimeout(() => setSettled(text.trim()), text.trim() === "" ? 0 : pauseMilliseconds);
    return () => clearTimeout(timer);
  }, [text, composing]);
  return settled;
}

/** What tells one hit from another. */
export const hitKey = ({ thread, message }: SearchHit) => `${thread} ${message ?? ""}`;

/** Each hit where it came first: one that moves while pages are read may be on two of them. */
function once(hits: readonly SearchHit[]): SearchHit[] {
  const seen = new Set<string>();
  return hits.filter((hit) => seen.size < seen.add(hitKey(hit)).size);
}

export function useSearch(text: string, composing: boolean) {
  const settled = useSettled(text, composing);
  const search = useInfiniteQuery(searchQuery(settled));
  const tooLong = isLongerThan(longestSearch, settled);
  const hits = settled === "" || tooLong ? [] : once(search.data?.pages.flatMap((page) => page.items) ?? []);
  return { query: tooLong ? "" : settled, tooLong, search, hits, partial: search.data?.pages.at(-1)?.partial === true };
}
