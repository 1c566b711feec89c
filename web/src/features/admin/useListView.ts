import { useState } from "react";
import { back, cursorOf, firstPage, forward, pageNumber } from "./cursors";
import type { Order } from "./parts";
import { useSettled } from "./useSettled";

const pageSize = 50;

/** What a reader sees of a list that the server sorts, filters and pages. */
export function useListView<Sort extends string>(initial: Order<Sort>) {
  const [text, setText] = useState("");
  const filter = useSettled(text);
  const [order, setOrder] = useState(initial);
  const [view, setView] = useState({ of: "", position: firstPage });
  // Another filter or order is another list, which begins at its first page.
  const list = `${filter}\n${order.by}\n${String(order.descending)}`;
  const position = view.of === list ? view.position : firstPage;
  const after = cursorOf(position);
  return {
    text,
    setText,
    filter,
    order,
    setOrder,
    page: pageNumber(position),
    back: () => setView({ of: list, position: back(position) }),
    forward: (next: string) => setView({ of: list, position: forward(position, next) }),
    /** As the server takes it. */
    query: { limit: pageSize, sort: order.by, order: order.descending ? ("desc" as const) : ("asc" as const), ...(filter === "" ? {} : { q: filter }), ...(after === null ? {} : { after }) },
  };
}

export type ListView = Pick<ReturnType<typeof useListView<string>>, "page" | "back" | "forward">;
