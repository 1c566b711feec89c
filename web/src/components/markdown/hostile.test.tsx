import { render } from "@testing-library/react";
import { beforeAll, expect, it, vi } from "vitest";
import "@/lib/i18n/i18n";
import payloads from "@/test/hostile-markdown.json";
import { Markdown } from "./Markdown";
import { loadKatex, setFormula } from "./katex";

const elements = new Set(
  "div p span strong em del code pre a br hr h3 h4 h5 h6 ul ol li blockquote table thead tbody tr th td figure figcaption button svg path sup aside input".split(" "),
);
/** What KaTeX builds. */
const mathElements = /^(math|semantics|annotation|m[a-z]+|line)$/;

/** What must never be in a page that shows what a model wrote. */
function faults(root: HTMLElement): string[] {
  const found: string[] = [];
  for (const element of root.querySelectorAll("*")) {
    const name = element.localName;
    if (!elements.has(name) && !mathElements.test(name)) found.push(`<${name}>`);
    for (const { name: attribute, value } of element.attributes) {
      const seen = `${name} ${attribute}="${value.slice(0, 60)}"`;
      if (attribute.startsWith("on")) found.push(seen);
      if (["src", "srcset", "srcdoc", "action", "formaction", "data", "poster", "xlink:href", "ping"].includes(attribute)) found.push(seen);
      if (attribute === "href" && !/^(https?:\/\/|mailto:|#)/.test(value)) found.push(seen);
      if (attribute === "style" && /url\(|expression|javascript:|position:\s*fixed/i.test(value)) found.push(seen);
    }
  }
  for (const link of root.querySelectorAll("a[href]:not([href^='#'])")) {
    if (link.getAttribute("rel") !== "noopener noreferrer nofollow") found.push(`rel of ${link.getAttribute("href") ?? ""}`);
  }
  return found;
}

beforeAll(async () => {
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }));
  // Formulas are set in these tests, not left as text.
  await loadKatex();
});

it("has enough payloads", () => {
  expect(new Set(payloads.map(({ text }) => text)).size).toBeGreaterThanOrEqual(150);
});

it.each(payloads)("shows $name without harm", ({ text }) => {
  const { container } = render(<Markdown text={text} streaming={false} lang="en" />);

  expect(faults(container)).toEqual([]);
});

it.each(payloads.filter(({ text }) => text.length < 400))("shows $name without harm while it is being written", ({ text }) => {
  const { container, rerender } = render(<Markdown text="" streaming lang="en" />);
  for (let length = 1; length <= text.length; length += 1) {
    rerender(<Markdown text={text.slice(0, length)} streaming lang="en" />);
    expect(faults(container), text.slice(0, length)).toEqual([]);
  }
});

it("lets a formula neither link nor style", () => {
  const box = document.createElement("span");
  for (const { text } of payloads.filter(({ name }) => name.startsWith("formula:"))) {
    setFormula(box, text.replace(/^(\$\$?|\\[[(])|(\$\$?|\\[\])])$/g, ""), false);
    expect(faults(box)).toEqual([]);
  }
});

it("recognises what it looks for", () => {
  const root = document.createElement("div");
  const image = document.createElement("img");
  image.setAttribute("src", "https://evil.example/p.png");
  image.setAttribute("onerror", "alert(1)");
  const link = document.createElement("a");
  link.setAttribute("href", "javascript:alert(1)");
  root.append(image, link);

  expect(faults(root)).toHaveLength(5);
});

it("shows a text that broke off as it would have become, without a caret", () => {
  const shown = render(<Markdown text="見る: [リンク](https://exam" streaming caret={false} />).container;
  expect(shown.textContent).toBe("見る: リンク");
  expect(shown.querySelector(".md-caret")).toBeNull();
  expect(render(<Markdown text="見る: [リンク](https://exam" streaming />).container.querySelector(".md-caret")).not.toBeNull();
});
