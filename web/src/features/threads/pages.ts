/** One page of a keyset list. `next` is null on the last page. */
export interface Page<T> {
  items: T[];
  next: string | null;
}

/** The pages read so far, as TanStack Query keeps them. */
export interface Pages<T> {
  pages: Page<T>[];
  pageParams: unknown[];
}

interface Listed {
  id: string;
  updated_at: string;
}

/** Newest first. Times are compared as times: two servers may write them with different precision. */
function newestFirst(a: Listed, b: Listed): number {
  return Date.parse(b.updated_at) - Date.parse(a.updated_at);
}

/**
 * Every item once, newest first. An item that changed between two page reads can come twice; the newer one stays.
 */
export function flatten<T extends Listed>(data: Pages<T> | undefined): T[] {
  const newest = new Map<string, T>();
  for (const page of data?.pages ?? []) {
    for (const item of page.items) {
      const known = newest.get(item.id);
      if (!known || newestFirst(item, known) < 0) newest.set(item.id, item);
    }
  }
  return [...newest.values()].sort(newestFirst);
}

export function without<T extends Listed>(data: Pages<T>, id: string): Pages<T> {
  return { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.filter((item) => item.id !== id) })) };
}

/**
 * Puts `item` where its time says, in place of the item with its id.
 *
 * An item older than everything read so far is left out while there is more to read: its page will bring it, and
 * showing it early would put a gap above it.
 */
export function withItem<T extends Listed>(data: Pages<T>, item: T): Pages<T> {
  const known = flatten(data).some((other) => other.id === item.id);
  const rest = without(data, item.id);
  const complete = rest.pages.at(-1)?.next === null;
  for (const [index, page] of rest.pages.entries()) {
    const place = page.items.findIndex((other) => newestFirst(item, other) <= 0);
    if (place >= 0) return inserted(rest, index, place, item);
  }
  const last = rest.pages.length - 1;
  if (last < 0 || !(complete || known)) return rest;
  return inserted(rest, last, rest.pages[last]?.items.length ?? 0, item);
}

/** Changes fields of one item where it stands; nothing when it is not in the list. */
export function withChange<T extends Listed>(data: Pages<T>, id: string, change: Partial<T>): Pages<T> {
  return {
    ...data,
    pages: data.pages.map((page) => ({
      ...page,
      items: page.items.map((item) => (item.id === id ? { ...item, ...change } : item)),
    })),
  };
}

function inserted<T>(data: Pages<T>, pageIndex: number, place: number, item: T): Pages<T> {
  return {
    ...data,
    pages: data.pages.map((page, index) =>
      index === pageIndex
        ? { ...page, items: [...page.items.slice(0, place), item, ...page.items.slice(place)] }
        : page,
    ),
  };
}
