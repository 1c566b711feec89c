import { expect, it } from "vitest";
import { parseMarkdown } from "./parse";
import { repair } from "./repair";

it.each([
  // Emphasis, code and deleted text end where the text does.
  ["これは**太字", "これは**太字**"],
  ["これは**太字*", "これは**太字**"],
  ["a ***both", "a ***both***"],
  ["a **bold *it", "a **bold *it***"],
  ["a **bold `co", "a **bold `co`**"],
  ["~~gone", "~~gone~~"],
  ["a `code *x", "a `code *x`"],
  ["a ``co`de", "a ``co`de``"],
  ["- item **b", "- item **b**"],
  ["> quote *q", "> quote *q*"],
  ["## Title **b", "## Title **b**"],
  ["| a |\n|---|\n| **b", "| a |\n|---|\n| **b**"],
  // What is no emphasis stays as it is.
  ["snake_case_name", "snake_case_name"],
  ["2 * 3 = 6", "2 * 3 = 6"],
  ["2*3", "2*3"],
  ["10~20", "10~20"],
  ["**done** and more", "**done** and more"],
  // Marks that mean nothing yet are not shown.
  ["a **", "a "],
  ["text\n-", "text\n"],
  ["text\n##", "text\n"],
  ["text\n1.", "text\n"],
  ["text\n\n``", "text\n\n"],
  ["text\n\n---", "text\n\n"],
  ["- one\n- [", "- one\n"],
  ["a $", "a "],
  ["5\\", "5"],
  // Links show no brackets, and go nowhere before their address is whole.
  ["see [the guide", "see [the guide](pending:)"],
  ["see [the guide](https://exam", "see [the guide](pending:)"],
  ["see [**the** gui", "see [**the** gui](pending:)"],
  ["see [**the", "see [**the**](pending:)"],
  ["see ![a pic](https://x", "see [a pic](pending:)"],
  ["see [", "see "],
  ["as in [1]", "as in [1]"],
  ["note[^1", "note[^1"],
  // Formulas; prices are none.
  ["so $x^2", "so $x^2$"],
  ["so $$x^2", "so $$x^2$$"],
  ["so \\(x^2", "so \\(x^2\\)"],
  ["so \\[x^2", "so \\[x^2\\]"],
  ["it costs $5 and", "it costs $5 and"],
  ["set $HOME to", "set $HOME to"],
  // A table from its first line on.
  ["| a | b", "| a | b |\n| - | - |"],
  ["| a | b |", "| a | b |\n| - | - |"],
  ["| a | b |\n|--", "| a | b |\n| - | - |"],
  ["text\n| **a", "text\n| **a** |\n| - |"],
  // Code: a line that may become the closing fence waits.
  ["- a\n  ```js\n  x\n  ``", "- a\n  ```js\n  x\n"],
])("turns %j into %j", (source, expected) => {
  expect(repair(source, parseMarkdown(source).children, 0)).toBe(expected);
});
