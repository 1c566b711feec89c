import type { Table, TableRow } from "mdast";
import { memo, useRef } from "react";
import { useTranslation } from "@/lib/i18n/i18n";
import { IconButton } from "@/components/ui/Button";
import { download } from "@/lib/clipboard";
import { toCsv } from "@/lib/csv";
import { CopyButton } from "./CopyButton";
import { Inline } from "./Inline";
import { tableCells, toTsv } from "./table-text";

const alignments = { left: "text-start", center: "text-center", right: "text-end" };

/** A table that scrolls inside itself, with its cells for a spreadsheet. */
export function TableBlock({ table, caret }: { table: Table; caret: boolean }) {
  const { t } = useTranslation("markdown");
  const element = useRef<HTMLTableElement>(null);
  const [head, ...rows] = table.children;
  return (
    <div className="md-table md-wide">
      <div className="md-scroll" tabIndex={0} role="group" aria-label={t("table")}>
        <table dir="auto" ref={element}>
          <thead>
            <tr>
              {head?.children.map((cell, column) => (
                <th key={column} scope="col" className={alignment(table.align, column)}>
                  <Inline nodes={cell.children} caret={caret && rows.length === 0 && column === head.children.length - 1} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <Row key={index} row={row} align={table.align} caret={caret && index === rows.length - 1} />
            ))}
          </tbody>
        </table>
      </div>
      <div className="md-tools">
        <CopyButton label={t("copyTable")} text={() => toTsv(tableCells(table))} html={() => element.current} />
        <IconButton icon="download" size="small" label={t("downloadCsv")} onClick={() => download(t("tableFile"), "text/csv;charset=utf-8", toCsv(tableCells(table)))} />
      </div>
    </div>
  );
}

type Align = Table["align"];
const alignment = (align: Align, column: number) => alignments[align?.[column] ?? "left"];

/** Kept as it is while the table grows: the rows before the last are the same objects. */
const Row = memo(
  function Row({ row, align, caret }: { row: TableRow; align: Align; caret: boolean }) {
    return (
      <tr>
        {row.children.map((cell, column) => (
          <td key={column} className={alignment(align, column)}>
            <Inline nodes={cell.children} caret={caret && column === row.children.length - 1} />
          </td>
        ))}
      </tr>
    );
  },
  (before, after) => before.row === after.row && before.caret === after.caret && before.align?.join() === after.align?.join(),
);
