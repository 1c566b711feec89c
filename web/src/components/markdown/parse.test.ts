import type { Nodes } from "mdast";
import { expect, it } from "vitest";
import { parseMarkdown } from "./parse";

/** The kinds of nodes below the blocks with their texts: what is emphasised, linked or a formula. */
function marks(node: Nodes): string[] {
  const own = node.type === "inlineMath" || node.type === "math" || node.type === "inlineCode" ? [`${node.type}:${node.value}`] : [];
  if ("children" in node) {
    const text = ["strong", "emphasis", "delete"].includes(node.type) ? [`${node.type}:${JSON.stringify(node.children.map((child) => ("value" in child ? child.value : "")))}`] : [];
    const link = node.type === "link" ? [`link:${node.url}`] : [];
    return [...own, ...text, ...link, ...node.children.flatMap(marks)];
  }
  return own;
}

it.each([
  ["$x^2$です", ["inlineMath:x^2"]],
  ["で、$a_1$、$b$と", ["inlineMath:a_1", "inlineMath:b"]],
  ["$$\nx\n= y\n- z\n$$", ["math:x\n= y\n- z"]],
  ["text $$x$$ text", ["inlineMath:x"]],
  ["$$x$$", ["math:x"]],
  ["$$x$$ text", ["inlineMath:x"]],
  ["\\(x\\) and \\[y\\]", ["inlineMath:x", "inlineMath:y"]],
  ["\\[\nx \\\\[2pt]\ny\n\\]", ["math:x \\\\[2pt]\ny"]],
  ["- a\n\n  $$\n  x\n  $$", ["math:x"]],
  ["> $$\n> x\n> $$", ["math:x"]],
  ["$\\text{a \\$5 note}$", ["inlineMath:\\text{a \\$5 note}"]],
  ["`$x$`", ["inlineCode:$x$"]],
])("sees the formulas in %j", (source, expected) => {
  expect(marks(parseMarkdown(source))).toEqual(expected);
});

it.each(["It costs $5 and $10.", "US$5 or US$6", "価格は$5、または$6です", "$100（税込）と$200", "$5-$10", "$1,000 to $2,000", "echo $HOME and $PATH", "$HOME/$USER", "5$ and 6$", "a $ b $ c", "\\$x\\$", "between $5 and up$ it"])(
  "sees no formula in %j",
  (source) => {
    expect(marks(parseMarkdown(source))).toEqual([]);
  },
);

it.each([
  ["**「太字」**です", ['strong:["「太字」"]']],
  ["**注意：**これ", ['strong:["注意："]']],
  ["これは~~「消す」~~です", ['delete:["「消す」"]']],
  ["10~20、30~40", []],
  ["https://example.com/aをご覧ください。`code`", ["link:https://example.com/a", "inlineCode:code"]],
  ["（https://example.com/a）と", ["link:https://example.com/a"]],
  ["**https://example.com**です", ["strong:[\"\"]", "link:https://example.com"]],
])("reads Japanese text %j", (source, expected) => {
  expect(marks(parseMarkdown(source))).toEqual(expected);
});

it("keeps a formula that is never closed from swallowing what follows", () => {
  const { children } = parseMarkdown("$$\nx\n\ntext");
  expect(children.map((node) => node.type)).toEqual(["math", "paragraph"]);
  expect(children[0]).toMatchObject({ closed: false, raw: "$$\nx" });
});

it.each([">".repeat(5000), "- ".repeat(3000), "[".repeat(5000), "*_".repeat(3000), "|a".repeat(3000) + "\n" + "|-".repeat(3000)])("leaves abuse as text", (source) => {
  expect(parseMarkdown(source).children).toMatchObject([{ type: "html", value: source }]);
});
