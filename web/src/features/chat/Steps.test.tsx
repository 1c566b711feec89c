import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { Step } from "@/lib/api/types";
import { setLanguage } from "@/lib/i18n/i18n";
import { Steps } from "./Steps";

const retrieval: Step = { id: "r", kind: "retrieval", name: "search", state: "done", detail: { passages: 3, ms: 2_100 } };
const thought: Step = { id: "reasoning", kind: "model", name: "reasoning", state: "done", detail: { ms: 4_040 } };

function line(steps: Step[], reasoning = "", since: string | null = null): string | null {
  setLanguage("ja");
  render(<Steps id={`m${steps.length}${reasoning}`} steps={steps} reasoning={reasoning} notice={null} since={since} />);
  return screen.queryByRole("button")?.textContent ?? null;
}

it("folds what happened into one line with the seconds", () => {
  expect(line([retrieval])).toBe("3件の資料を参照 · 2.1秒");
});

it("adds up the seconds of all that happened", () => {
  expect(line([retrieval, thought], "hm")).toBe("3件の資料を参照 · 考えた過程 · 6.1秒");
});

it("says no seconds that nobody noticed, or that are not known", () => {
  expect(line([{ ...thought, detail: { ms: 3 } }], "hm")).toBe("考えた過程");
});

it("names the files whose content the model did not get", async () => {
  expect(line([{ id: "files", kind: "model", name: "files_named", state: "done", detail: { files: ["報告.pdf", "log.txt"] } }])).toBe("ファイル2件は読み込まれていません");
  await userEvent.click(screen.getByRole("button"));
  expect(screen.getByText(/内容は読まれていません/).textContent).toContain("報告.pdf、log.txt");
});

it("says of a busy model that it was asked again, where that took long", () => {
  const retry = (state: Step["state"], ms?: number): Step => ({ id: "retry", kind: "model", name: "retry", state, detail: { class: "overloaded", provider: "local", failures: 2, ms } });
  expect(line([retry("done", 3_200)])).toBe("2回の再試行 · 3.2秒");
  cleanup();
  expect(line([retry("done", 300)])).toBeNull();
  cleanup();
  expect(line([retry("running")], "", new Date().toISOString()), "the line below says it").toBeNull();
  cleanup();
  expect(line([retry("running")]), "of an answer that broke off meanwhile").toBeNull();
});

it("says once, and how often, what happened more than once", async () => {
  const call = (id: string, name: string): Step => ({ id, kind: "tool", name, state: "done", detail: {} });
  expect(line([call("1", "search"), call("2", "clock"), call("3", "search")])).toBe("search を実行 ×2 · clock を実行");
  await userEvent.click(screen.getByRole("button"));
  expect(screen.getAllByText("search を実行"), "each for itself where they are listed").toHaveLength(2);
});

it("says of a tool that does not exist that nothing ran", async () => {
  const tool: Step = { id: "t", kind: "tool", name: "look_up", state: "failed", detail: { arguments: "{}", reason: "no_such_tool" } };
  expect(line([tool])).toBe("モデルが look_up を求めましたが、実行していません");
  await userEvent.click(screen.getByRole("button"));
  expect(document.body.textContent).not.toMatch(/look_up を実行|失敗/);
});

it("says of a tool that ran that it did, and that it failed", async () => {
  expect(line([{ id: "t", kind: "tool", name: "look_up", state: "failed", detail: { reason: "timeout" } }], "x")).toBe("look_up を実行 · 考えた過程");
  await userEvent.click(screen.getByRole("button"));
  expect(screen.getByText("失敗")).toBeTruthy();
});

it("says no time of reasoning that is not shown", () => {
  expect(line([thought])).toBeNull();
});

it("counts while it runs, after a few seconds, and says it to a screen reader once", () => {
  expect(line([], "hm", new Date(Date.now() - 7_000).toISOString())).toMatch(/^考えをまとめています…7秒$/);
  expect(screen.getByRole("status").textContent).toBe("考えをまとめています…");
});
