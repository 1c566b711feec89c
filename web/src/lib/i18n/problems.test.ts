import { expect, it } from "vitest";
import { ApiError } from "../api/errors";
import { setLanguage, say } from "./i18n";
import { describe } from "./problems";

const refused = (detail: string) => describe(new ApiError({ type: "about:blank", title: "", status: 400, detail, code: "invalid_request", request_id: "r" }), say);

it.each([
  ["the username must not have invisible characters", /^ユーザー名は64文字まで/],
  ["the password must have 8 to 1024 bytes", /^パスワードは8文字以上、1,024バイトまで/],
  ["base_url: expected an address like https://api.example.com/v1", /^アドレスは http:\/\/ か https:\/\//],
])("says the rule of a field in the reader's language: %s", (detail, words) => {
  setLanguage("ja");
  expect(refused(detail)).toMatch(words);
  expect(refused(detail)).not.toContain(detail);
});

it("says what the server says where there is no rule of ours", () => {
  setLanguage("ja");
  expect(refused("cursor: expected one of ours")).toBe("入力に問題があります。cursor: expected one of ours");
});
