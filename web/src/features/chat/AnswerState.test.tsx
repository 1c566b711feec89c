import { render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { setLanguage } from "@/lib/i18n/i18n";
import { AnswerState, offersAgain } from "./AnswerState";
import { Chat } from "./context";
import { newQuestion, type Item } from "./conversation";
import type { Actions } from "./useActions";

function show(item: Item) {
  render(
    <Chat value={{ actions: {} as Actions, running: false, editing: null, rewrite: () => undefined, setEditing: () => undefined }}>
      <AnswerState item={item} />
    </Chat>,
  );
}

function said(error: Partial<NonNullable<Item["error"]>>): string {
  setLanguage("ja");
  const whole = { type: "about:blank", title: "", status: 502, detail: "", code: "model_failed", request_id: "", class: "not_found", provider: "", ...error } as NonNullable<Item["error"]>;
  const item: Item = { ...newQuestion("m", null, "", [], "2026-01-01T00:00:00Z"), role: "assistant", state: "failed", error: whole };
  show(item);
  return screen.getAllByText(/。/).at(-1)?.textContent ?? "";
}

it("says what Kaiwa found in the reader's language, and whose words the others are", () => {
  said({ provider: "local", class: "timeout", reason: "first_byte", detail: "the server did not begin to answer in time" });
  expect(screen.getByText("詳細: 時間内に返事が始まりませんでした。")).toBeTruthy();
  expect(screen.queryByText(/did not begin/)).toBeNull();
  said({ provider: "local", class: "invalid", reason: "said", detail: "temperature is too high (HTTP 400)" });
  expect(screen.getByText("local からのメッセージ: temperature is too high (HTTP 400)")).toBeTruthy();
  said({ provider: "local", reason: "known_to_newer_servers", detail: "what it says" });
  expect(screen.getByText("詳細: what it says")).toBeTruthy();
  said({ provider: "local", detail: "kept before there were reasons" });
  expect(screen.getByText("詳細: kept before there were reasons")).toBeTruthy();
});

it.each([
  ["in_the_log", "Bedrock refuses this server; its log says why", "詳細: 理由はサーバーのログにあります（Bedrock refuses this server; its log says why）。"],
  ["unreadable", "the answer is no JSON object", "詳細: 読み取れない返事が届きました（the answer is no JSON object）。"],
  ["too_long", "the answer is longer than 16 MiB", "詳細: 受け取れる長さを超えました（the answer is longer than 16 MiB）。"],
])("keeps what the words of %s leave out", (reason, detail, text) => {
  said({ provider: "bedrock", reason, detail });
  expect(screen.getByText(text)).toBeTruthy();
});

it("does not speak of a key where a server has no credentials of AWS", () => {
  said({ provider: "bedrock", class: "auth", reason: "no_credentials", detail: "the server has no AWS credentials for Bedrock; its log says why" });
  expect(screen.getByText(/Bedrock 用の AWS の認証情報がありません/)).toBeTruthy();
});

it("names the provider that lacks the model, or says that none has it", () => {
  expect(said({ provider: "local" })).toMatch(/^local にこのモデルがありません。/);
  expect(said({ provider: "" })).toMatch(/^このモデルを使える接続先がありません。/);
});

it.each([
  ["", "stop", "モデルは何も答えませんでした。"],
  [" \n", "stop", "モデルは何も答えませんでした。"],
  ["", "length", "長さの上限に達したため、回答が途中で終わりました。"],
] as const)("says that a model ended without a text (%j, %s), and offers another try", (text, finish, words) => {
  setLanguage("ja");
  const item: Item = { ...newQuestion("m", null, text, [], "2026-01-01T00:00:00Z"), role: "assistant", finish };
  show(item);
  expect(screen.getByText(words)).toBeTruthy();
  expect(screen.getByRole("button").textContent).toBe("再試行");
  expect(offersAgain(item)).toBe(true);
});

it("says nothing of an answer that is whole", () => {
  const item: Item = { ...newQuestion("m", null, "はい。", [], "2026-01-01T00:00:00Z"), role: "assistant", finish: "stop" };
  show(item);
  expect(document.body.textContent).toBe("");
  expect(offersAgain(item)).toBe(false);
});
