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

it("says what Kaiwa found in the reader's language, and whose words the others are", () => {
  said({ provider: "local", class: "timeout", reason: "first_byte", detail: "the server did not begin to answer in time" });
  expect(screen.getByText("詳細: 時間内に返事が始まりませんでした。")).toBeTruthy();
  expect(screen.queryByText(/did not begin/)).toBeNull();
  said({ provider: "local", class: "invalid", reason: "said", detail: "temperature is too high (HTTP 400)" });
  expect(screen.getByText("local の言葉: temperature is too high (HTTP 400)")).toBeTruthy();
  said({ provider: "local", reason: "known_to_newer_servers", detail: "what it says" });
  expect(screen.getByText("詳細: what it says")).toBeTruthy();
  said({ provider: "local", detail: "kept before there were reasons" });
  expect(screen.getByText("詳細: kept before there were reasons")).toBeTruthy();
});

it("names the provider that lacks the model, or says that none has it", () => {
  expect(said({ provider: "local" })).toMatch(/^local にこのモデルがありません。/);
  expect(said({ provider: "" })).toMatch(/^このモデルを使える接続先がありません。/);
});
