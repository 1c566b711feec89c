/**
 * The files to attach of a paste. Spreadsheets and slides put a picture of what was copied beside its text: there the text is
 * meant. File managers put the names of the files beside them: there the files are.
 */
export function pastedFiles(data: Pick<DataTransfer, "files" | "getData">): File[] {
  const files = [...data.files];
  const lines = data.getData("text/plain").split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
  const names = new Set(files.map(({ name }) => name));
  return lines.every((line) => names.has(line.replace(/^.*[\\/]/, "")) || names.has(decoded(line.replace(/^.*\//, "")))) ? files : [];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
