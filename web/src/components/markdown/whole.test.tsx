import { render } from "@testing-library/react";
import { expect, it } from "vitest";
import { Markdown } from "./Markdown";

/** What no line ends within. */
function wholes(text: string): { kept: string[]; all: string } {
  const { container } = render(<Markdown text={text} streaming={false} />);
  const kept = [...container.querySelectorAll(".whitespace-nowrap")].map((span) => span.textContent ?? "");
  return { kept, all: container.textContent ?? "" };
}

it.each([
  [String.raw`係数は\(\beta\)。次に`, [String.raw`\beta。`], String.raw`係数は\beta。次に`],
  [String.raw`「\(a\)」、（\(b\)）である。`, ["「a」、", "（b）"], "「a」、（b）である。"],
  [String.raw`\(a\)）（\(b\)`, ["a）", "（b"], "a）（b"],
  [String.raw`\(a\)と**\(b\)**。`, ["a", "b"], "aとb。"],
])("keeps a formula and the marks beside it in one line: %s", (text, kept, all) => {
  expect(wholes(text)).toEqual({ kept, all });
});

it("lets a long formula break", () => {
  expect(wholes(String.raw`\(a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p\)。`).kept).toEqual([]);
});
