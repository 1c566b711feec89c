import { test as base, expect } from "@playwright/test";
import { Chat } from "../support/chat.ts";
import { watch } from "../support/fixtures.ts";
import { Kaiwa } from "../support/kaiwa.ts";
import { ModelServer } from "../support/modelServer.ts";

/** A server of its own for each test: nobody has ever signed in. */
const test = base.extend<{ fresh: Kaiwa; models: ModelServer }>({
  models: async ({}, use) => {
    const server = await ModelServer.start({ "qwen3": "echo?token_bytes=3&rate=8" });
    await use(server);
    await server.stop();
  },
  fresh: async ({}, use) => {
    const kaiwa = await Kaiwa.start();
    await use(kaiwa);
    await kaiwa.stop();
  },
});

const languages = [
  {
    locale: "ja-JP",
    words: {
      username: "ユーザー名", name: "表示名", password: "パスワード", create: "管理者を作成して始める", noModel: /モデルがまだつながっていません/, connect: "モデルをつなぐ",
      other: /別のサーバー/, url: "アドレス", test: "接続を試す", failed: /つながりませんでした/, unreachable: /サーバーに届きません/, works: /つながりました.*1個のモデルが使えます/, add: "接続先を追加",
      connected: /つながりました/, signIn: "サインイン", signOut: "サインアウト", account: "アカウント", today: "今日",
    },
  },
  {
    locale: "en-US",
    words: {
      username: "Username", name: "Display name", password: "Password", create: "Create the administrator and start", noModel: /No model is connected yet/, connect: "Connect a model",
      other: /Another server/, url: "Address", test: "Test connection", failed: /It did not connect/, unreachable: /The server cannot be reached/, works: /Connected.*1 model can be used/, add: "Add provider",
      connected: /Connected/, signIn: "Sign in", signOut: "Sign out", account: "Account", today: "Today",
    },
  },
] as const;

for (const { locale, words } of languages) {
  test.describe(locale, () => {
    test.use({ locale });

    test("from the printed link to an answer that a reload finds again", async ({ page, context, fresh, models }) => {
      const wrong = await watch(context, fresh.url);
      const question = locale === "ja-JP" ? "日本の首都はどこですか。理由も教えてください。" : "What is the capital of Japan, and why?";

      await page.goto(await fresh.setupLink());
      await expect(page, "the token leaves the address").toHaveURL(`${fresh.url}/setup`);
      await page.getByLabel(words.username, { exact: true }).fill("hanako");
      await page.getByLabel(words.name, { exact: true }).fill("佐藤 花子");
      await page.getByLabel(words.password, { exact: true }).fill("correct horse battery");
      await page.getByRole("button", { name: words.create }).click();

      // A chat that answers at once, without any model.
      const chat = new Chat(page);
      await chat.ask("Hello");
      await chat.ended();
      expect((await chat.shown()).length).toBeGreaterThan(0);
      await expect(page.getByText(words.noModel).first()).toBeVisible();

      // Connecting one, with a test that says in words what works.
      await page.getByRole("button", { name: words.connect }).click();
      await page.getByRole("button", { name: words.other }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel(words.url, { exact: true }).fill("http://127.0.0.1:1/v1");
      await dialog.getByRole("button", { name: words.test }).click();
      await expect(dialog.getByText(words.failed)).toBeVisible();
      await expect(dialog.getByText(words.unreachable)).toBeVisible();
      await dialog.getByLabel(words.url, { exact: true }).fill(`${models.url}/v1`);
      await dialog.locator("summary").click();
      await dialog.getByRole("textbox", { name: /使うモデル|Models to use/ }).fill("qwen*");
      await dialog.getByRole("button", { name: words.test }).click();
      await expect(dialog.getByText(words.works)).toBeVisible();
      await dialog.getByRole("button", { name: words.add }).click();
      await expect(dialog).toBeHidden();
      await expect(page.getByText(words.noModel)).toHaveCount(0);

      // A question to it, its answer as it is written, and the same after a reload.
      await page.goto(`${fresh.url}/`);
      await page.getByRole("button", { name: /qwen3|^(モデル|Model):/ }).click();
      await page.getByRole("menuitemradio", { name: /qwen3/ }).or(page.getByRole("menuitem", { name: /qwen3/ })).or(page.getByRole("option", { name: /qwen3/ })).first().click();
      await chat.ask(question);
      await expect(chat.answers.last()).toHaveAttribute("aria-busy", "true");
      await chat.ended();
      await chat.shows(question);
      await page.reload();
      await expect(chat.questions.last()).toContainText(question);
      await chat.shows(question);
      await expect(page.getByRole("heading", { name: words.today })).toBeVisible();

      // Out and in again.
      await page.getByRole("button", { name: words.account }).click();
      await page.getByRole("menuitem", { name: words.signOut }).click();
      await page.getByLabel(words.username, { exact: true }).fill("hanako");
      await page.getByLabel(words.password, { exact: true }).fill("wrong");
      await page.getByRole("button", { name: words.signIn }).click();
      await expect(page.getByRole("alert")).toBeVisible();
      await page.getByLabel(words.password, { exact: true }).fill("correct horse battery");
      await page.getByRole("button", { name: words.signIn }).click();
      await expect(chat.composer).toBeVisible();

      // The link was for once.
      await page.goto(`${fresh.url}/setup#token=anything`);
      await page.getByRole("button", { name: /チャットへ|Go to the chats/ }).click();
      await expect(chat.composer).toBeVisible();
      expect(wrong()).toEqual([]);
    });
  });
}

test("a wrong token makes no administrator and says what to do", async ({ page, fresh }) => {
  await page.goto(`${fresh.url}/setup#token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`);
  await page.getByLabel("ユーザー名", { exact: true }).fill("mallory");
  await page.getByLabel("パスワード", { exact: true }).fill("a long enough password");
  await page.getByRole("button", { name: "管理者を作成して始める" }).click();
  await expect(page.getByRole("alert")).toContainText("起動し直して");
  expect(await (await page.request.get(`${fresh.url}/api/setup`)).json()).toEqual({ needed: true });
});
