import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { FileList } from "./Attachments";

it("says no size that nobody knows", () => {
  render(
    <FileList
      side="start"
      files={[
        { id: "a", name: "memo.txt", type: "text/plain", size: 2_048 },
        { id: "b", name: "theirs.txt", type: "text/plain", size: 0 },
      ]}
    />,
  );
  const [known, unknown] = screen.getAllByRole("link");
  expect(known?.textContent).toBe("memo.txt2.0 KB");
  expect(unknown?.textContent).toBe("theirs.txt");
  expect(unknown?.getAttribute("href")).toBe("/api/files/b");
});
