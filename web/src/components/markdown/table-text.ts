import type { Nodes, Table } from "mdast";

/** The cells of a table as plain text, row by row. */
export function tableCells(table: Table): string[][] {
  return table.children.map((row) => row.children.map((cell) => plainText(cell).trim()));
}

/** What a reader sees of a node, without marks. */
export function plainText(node: Nodes): string {
  if (node.type === "break") return "\n";
  if (node.type === "html") return /^<br\s*\/?>$/i.test(node.value) ? "\n" : node.value;
  if (node.type === "image" || node.type === "imageReference") return node.alt ?? "";
  if ("value" in node) return node.value;
  return "children" in node ? node.children.map(plainText).join("") : "";
}

/** Tab-separated rows, which spreadsheets take from the clipboard. */
export function toTsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map((cell) => cell.replace(/[\t\n]+/g, " ")).join("\t")).join("\n");
}
