import type { ReactNode } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { Button } from "@/components/ui/Button";
import { cx } from "@/components/ui/cx";
import { Details } from "@/components/ui/Details";
import type { Provider } from "@/lib/api/types";
import type { ListView } from "./useListView";

/** What saving will do, said before it is done. */
export function WillDo({ lines }: { lines: readonly string[] }) {
  const { t } = useTranslation("admin");
  return (
    <div className="text-sm text-muted" aria-live="polite">
      {lines.length === 0 ? (
        t("nothingToSave")
      ) : (
        <>
          <p>{t("willDo")}</p>
          <ul className="list-disc ps-5 text-text">
            {lines.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

/** Why something of a provider does not work and what to do, by the class of the failure; then the server's own words. */
export function Why({ kind, words }: { kind: string | undefined; words: string | undefined }) {
  const { t } = useTranslation("admin");
  return (
    <>
      <p>{t([`provider.errors.${kind ?? ""}`, "provider.errors.other"])}</p>
      <Details text={words} />
    </>
  );
}

/** Beneath a row: why its state is so, or what is to be known of a list that could not be read in full. `columns` are those that never hide. */
export function ReasonRow({ of: { reason, reason_class: kind }, columns, className }: { of: Pick<Provider, "reason" | "reason_class">; columns: number; className?: string | undefined }) {
  const { t } = useTranslation("admin");
  if (!reason) return null;
  return (
    <tr className={className}>
      <td colSpan={columns} className="own-words px-2 pb-2">
        {kind ? (
          <Why kind={kind} words={reason} />
        ) : (
          <>
            <p>{t("provider.listNotice")}</p>
            <Details text={reason} />
          </>
        )}
      </td>
    </tr>
  );
}

/** For the row above such a one: no line stands between them. */
export const aboveReason = (of: Pick<Provider, "reason">) => (of.reason ? "border-b-0!" : undefined);

const dots = { good: "bg-success", bad: "bg-danger", warning: "bg-warning", quiet: "bg-control" } as const;

/** How the states of providers and models look. */
export const tones = { ready: "good", unreachable: "bad", denied: "warning", unknown: "quiet" } as const;

/** A state in a word, with a dot that repeats it in colour. */
export function State({ tone, children }: { tone: keyof typeof dots; children: ReactNode }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <span aria-hidden="true" className={cx("size-2 shrink-0 rounded-full forced-colors:hidden", dots[tone])} />
      {children}
    </span>
  );
}

export interface Column<Key extends string> {
  name: string;
  /** Present when the server can sort by it. */
  sort?: Key;
  /** Left out where the table has little room, as beside the panel. */
  wide?: boolean;
  /** Left out where it has hardly any, as on a phone; a row says it in another place there. */
  roomy?: boolean;
  numeric?: boolean;
}

export interface Order<Key extends string> {
  by: Key;
  descending: boolean;
}

// First lines stand on one line, whatever a cell holds.
const cell = "px-2 py-1.5 @xl:px-3 text-start align-baseline @xl:first:ps-2 @xl:last:pe-2";
export const cellClass = (column: Pick<Column<string>, "wide" | "roomy" | "numeric">) => cx(cell, column.wide && "@max-4xl:hidden", column.roomy && "@max-xl:hidden", column.numeric && "!text-end whitespace-nowrap tabular-nums");

/** A table that scrolls inside itself. Its head sorts where a column says how. */
export function Table<Key extends string>({ label, columns, order, onOrder, children }: { label: string; columns: readonly Column<Key>[]; order?: Order<Key>; onOrder?: (order: Order<Key>) => void; children: ReactNode }) {
  const { t } = useTranslation("admin");
  return (
    <div className="@container -mx-2 overflow-x-auto" tabIndex={0} role="group" aria-label={label}>
      <table className="w-full text-sm wrap-break-word" aria-label={label}>
        <thead>
          <tr className="border-b border-line text-muted">
            {columns.map((column) => {
              const sorted = order !== undefined && column.sort === order.by;
              return (
                <th key={column.name} scope="col" aria-sort={sorted ? (order.descending ? "descending" : "ascending") : undefined} className={cx(cellClass(column), "font-medium whitespace-nowrap")}>
                  {column.sort !== undefined && onOrder ? (
                    <button
                      type="button"
                      title={t("sortBy", { column: column.name })}
                      onClick={() => column.sort !== undefined && onOrder({ by: column.sort, descending: sorted ? !order.descending : false })}
                      className={cx("-mx-1.5 inline-flex min-h-8 pointer-coarse:min-h-10 items-baseline gap-1 rounded-md px-1.5 py-1 hover:bg-hover hover:text-text", column.numeric && "flex-row-reverse")}
                    >
                      {column.name}
                      <span aria-hidden="true" className="w-3">{sorted ? (order.descending ? "↓" : "↑") : ""}</span>
                    </button>
                  ) : (
                    column.name
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody className="[&_tr]:border-b [&_tr]:border-line">{children}</tbody>
      </table>
    </div>
  );
}

/** The way to the other pages, where there are any. `next` is the cursor of the following one. */
export function Pager({ view, next, busy }: { view: ListView; next: string | null; busy: boolean }) {
  const { t } = useTranslation("admin");
  if (next === null && view.page === 1) return null;
  return (
    <div className="flex items-center gap-3 py-3 text-sm text-muted">
      <Button size="small" icon="left" disabled={view.page === 1} onClick={view.back}>
        {t("previous")}
      </Button>
      <span aria-live="polite">{t("page", { count: view.page })}</span>
      <Button size="small" disabled={next === null || busy} onClick={() => next !== null && view.forward(next)}>
        {t("next")}
      </Button>
    </div>
  );
}

/** The name of a row, which opens it in the panel. */
export function RowName({ label, open, onOpen, children }: { label: string; open: boolean; onOpen: () => void; children: ReactNode }) {
  return (
    <button type="button" aria-label={label} aria-expanded={open} onClick={onOpen} className="-mx-1.5 min-h-8 rounded-md pointer-coarse:min-h-10 px-1.5 text-start font-medium [baseline-source:first] underline decoration-line underline-offset-4 hover:bg-hover">
      {children}
    </button>
  );
}

/** For the cell with the name of a row: a long one breaks, and leaves the other columns their place. */
export const nameCell = cx(cell, "min-w-28 wrap-anywhere");
