import { render } from "@testing-library/react";
import type { ComponentProps } from "react";
import { beforeEach, expect, it } from "vitest";
import { setLanguage } from "@/lib/i18n/i18n";
import { ReasonRow, Why } from "./parts";
import "./texts";

const inTable = (of: ComponentProps<typeof ReasonRow>["of"]) => <table><tbody><ReasonRow of={of} columns={4} /></tbody></table>;

beforeEach(() => setLanguage("ja"));

it("says why in the reader's language, and what the server said beneath", () => {
  const { container } = render(inTable({ reason: "cannot connect to 127.0.0.1:9: Connection refused", reason_class: "network" }));
  expect([...container.querySelectorAll("p")].map(({ textContent }) => textContent)).toEqual([
    "サーバーに届きません。アドレスとポート、サーバーが動いているかを確かめてください。",
    "詳細: cannot connect to 127.0.0.1:9: Connection refused",
  ]);
});

it("says of a list that was not whole what that means, where nothing failed", () => {
  const { container } = render(inTable({ reason: "the list of models is not whole" }));
  expect(container.querySelector("p")?.textContent).toMatch(/^モデルの一覧をすべては読めませんでした/);
  expect(render(inTable({})).container.textContent).toBe("");
});

it("has words for a class that this page does not know", () => {
  expect(render(<Why kind="teapot" words={undefined} />).container.textContent).toBe("予想していない返事でした。");
});
