/**
 * Comma-separated rows as spreadsheets read them: UTF-8 with a byte order mark, or Excel takes Japanese for
 * another encoding. A cell that a spreadsheet would run as a formula gets an apostrophe.
 */
export function toCsv(rows: readonly (readonly string[])[]): string {
  const field = (cell: string) => {
    const text = /^[=@\t\r]|^[+-](?![\d.,%\s]*$)/.test(cell) ? `'${cell}` : cell;
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `\ufeff${rows.map((row) => row.map(field).join(",")).join("\r\n")}\r\n`;
}
