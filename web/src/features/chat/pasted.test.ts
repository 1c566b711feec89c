import { expect, it } from "vitest";
import { pastedFiles } from "./pasted";

function names(text: string, ...files: string[]): string[] {
  const data = { files: files.map((name) => new File(["x"], name)) as unknown as FileList, getData: () => text };
  return pastedFiles(data).map(({ name }) => name);
}

it("takes a picture that was copied by itself", () => expect(names("", "image.png")).toEqual(["image.png"]));

it("leaves the text of cells and slides to the field", () => expect(names("a\tb\r\n1\t2\r\n", "image.png")).toEqual([]));

it.each(["報告 1.pdf\nnotes.txt", "/home/hanako/報告 1.pdf\n/home/hanako/notes.txt\n", "file:///tmp/%E5%A0%B1%E5%91%8A%201.pdf\r\nfile:///tmp/notes.txt", "C:\\tmp\\notes.txt"])(
  "takes files whose names a file manager put beside them: %s",
  (text) => expect(names(text, "報告 1.pdf", "notes.txt")).toHaveLength(2),
);
