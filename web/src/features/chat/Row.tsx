import { memo } from "react";
import { cx } from "@/components/ui/cx";
import { Answer } from "./Answer";
import type { Item } from "./conversation";
import { Question } from "./Question";

/** One message in the column. */
export const Row = memo(function Row({ item, highlighted, newest }: { item: Item; highlighted: boolean; newest: boolean }) {
  return (
    <div className={cx("message mx-auto w-full max-w-[760px] px-4", item.role === "user" ? "pb-1" : "pb-4", highlighted && "rounded-lg bg-mark/40 pt-4")}>
      {item.role === "user" ? <Question item={item} /> : <Answer item={item} newest={newest} />}
    </div>
  );
});
