import { fireEvent, render, screen } from "@testing-library/react";
import { beforeAll, expect, it, vi } from "vitest";
import type { Model } from "@/lib/api/types";
import { ApiError, networkProblem } from "@/lib/api/errors";
import { setLanguage } from "@/lib/i18n/i18n";
import { ModelPicker } from "./ModelPicker";

const retry = vi.fn();
const onChoose = vi.fn();

function show(models: Model[] | undefined, error: unknown = null) {
  render(<ModelPicker models={models} error={error} retry={retry} chosen={null} onChoose={onChoose} />);
  return screen.getByRole("button");
}

beforeAll(() => {
  setLanguage("ja");
  // jsdom has no popovers, and takes them for hidden.
  HTMLElement.prototype.showPopover = () => undefined;
  vi.stubGlobal("matchMedia", () => ({ matches: false }));
});

it("does not say that there are no models before it knows", () => {
  const button = show(undefined);
  expect(button.textContent).toBe("モデル");
  fireEvent.click(button);
  expect(screen.getByRole("menu", { hidden: true }).textContent).toBe("読み込んでいます…");
});

it("says why the models are not known, and asks again", () => {
  fireEvent.click(show(undefined, new ApiError(networkProblem())));
  expect(screen.getByRole("menu", { hidden: true }).textContent).toContain("モデルの一覧を読み込めませんでした。サーバーに届きませんでした。");
  fireEvent.click(screen.getByRole("menuitem", { name: "再試行", hidden: true }));
  expect(retry).toHaveBeenCalledOnce();
});

it("narrows a long list by what is typed, and Enter takes the first", () => {
  const many = Array.from({ length: 60 }, (_, index): Model => ({ id: `local/qwen-${index}`, name: `qwen-${index}`, provider: "local", state: "ready" }));
  fireEvent.click(show(many));
  const field = screen.getByRole("searchbox", { name: "モデルを絞り込む", hidden: true });
  const names = () => screen.queryAllByRole("menuitemradio", { hidden: true }).map((item) => item.textContent);
  expect(names()).toHaveLength(60);
  fireEvent.change(field, { target: { value: "LOCAL 59" } });
  expect(names()).toEqual(["qwen-59"]);
  fireEvent.change(field, { target: { value: "llama" } });
  expect(names()).toEqual([]);
  expect(screen.getByText("「llama」に当てはまるモデルはありません。")).toBeTruthy();
  fireEvent.change(field, { target: { value: "qwen-3" } });
  fireEvent.keyDown(field, { key: "Enter", isComposing: true, keyCode: 229 });
  expect(onChoose, "a conversion is no choice").not.toHaveBeenCalled();
  fireEvent.keyDown(field, { key: "Enter" });
  expect(onChoose).toHaveBeenCalledExactlyOnceWith("local/qwen-3");
});

it("lists the models of a provider as people count, and leaves the providers in their order", () => {
  const model = (provider: string, name: string): Model => ({ id: `${provider}/${name}`, name, provider, state: "ready" });
  fireEvent.click(show([model("local", "m29"), model("local", "m3"), model("aws", "b"), model("local", "m30"), model("aws", "a")]));
  const names = screen.getAllByRole("menuitemradio", { hidden: true }).map((item) => item.textContent);
  expect(names).toEqual(["m3", "m29", "m30", "a", "b"]);
});

it("says so where there are none", () => {
  expect(show([]).textContent).toBe("モデルなし");
});
