import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { setLanguage } from "@/lib/i18n/i18n";
import { AnswerState } from "./AnswerState";
import { Chat } from "./context";
import { newQuestion, type Item } from "./conversation";
import type { Actions } from "./useActions";

function said(error: Partial<NonNullable<Item["error"]>>): string {
  setLanguage("ja");
  const whole = { type: "about:blank", title: "", status: 502, detail: "", code: "model_failed", request_id: "", class: "not_found", provider: "", ...error } as NonNullable<Item["error"]>;
  const item: Item = { ...newQuestion("m", null, "", [], "2026-01-01T00:00:00Z"), role: "assistant", state: "failed", error: whole };
  render(
    <Chat value={{ actions: {} as Actions, running: false, editing: null, rewrite: () => undefined, setEditing: () => undefined }}>
      <AnswerState item={item} />
    </Chat>,
  );
  return screen.getAllByText(/。/).at(-1)?.textContent ?? "";
}

it("names the provider that lacks the model, or says that none has it", () => {
  expect(said({ provider: "local" })).toMatch(/^local にこのモデルがありません。/);
  expect(said({ provider: "" })).toMatch(/^このモデルを使える接続先がありません。/);
});
