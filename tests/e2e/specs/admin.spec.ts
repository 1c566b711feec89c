import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Bedrock, bedrockKey } from "../support/bedrock.ts";
import { Chat } from "../support/chat.ts";
import { askQuietly, expect, makeThread, test } from "../support/fixtures.ts";
import { ModelServer } from "../support/modelServer.ts";

test.beforeEach(async ({ context, keeper }) => {
  await context.addCookies((await keeper.storageState()).cookies);
});

test("a user is added, signs in, is disabled and at once shut out, enabled with a new password, and deleted", async ({ browser, page, baseURL }) => {
  const username = `taro-${randomUUID().slice(0, 8)}`;
  await page.goto("/admin/users");
  await page.getByRole("button", { name: "ユーザーを追加" }).click();
  const panel = page.getByRole("complementary", { name: "ユーザーを追加" });
  await panel.getByLabel("ユーザー名", { exact: true }).fill(username);
  await panel.getByLabel("最初のパスワード", { exact: true }).fill("short");
  await panel.getByRole("button", { name: "ユーザーを追加" }).click();
  await expect(panel.getByRole("alert")).toContainText("8文字以上");
  await panel.getByLabel("最初のパスワード", { exact: true }).fill("the first password");
  await expect(panel.getByText(`${username}を利用者として追加します。`)).toBeVisible();
  await panel.getByRole("button", { name: "ユーザーを追加" }).click();
  await expect(panel).toBeHidden();

  const theirs = await browser.newContext({ locale: "ja-JP", ...(baseURL === undefined ? {} : { baseURL }) });
  const them = await theirs.newPage();
  const signIn = async (password: string) => {
    await them.goto("/");
    await them.getByLabel("ユーザー名", { exact: true }).fill(username);
    await them.getByLabel("パスワード", { exact: true }).fill(password);
    await them.getByRole("button", { name: "サインイン" }).click();
  };
  await signIn("the first password");
  const chat = new Chat(them);
  await expect(chat.composer).toBeVisible();

  // Filtered and sorted by the server.
  const asked = page.waitForRequest((request) => request.url().includes(`q=${username}`));
  await page.getByRole("searchbox", { name: "名前で絞り込む" }).fill(username);
  await asked;
  await expect(page.getByRole("row")).toHaveCount(2);
  await page.getByRole("button", { name: `${username}を編集` }).click();
  const edit = page.getByRole("complementary", { name: username });
  await edit.getByRole("switch", { name: "利用を停止する" }).click();
  await expect(edit.getByText("今のサインインもすぐに終わります")).toBeVisible();
  await edit.getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("cell", { name: "停止中" })).toBeVisible();
  await expect.poll(async () => (await theirs.request.get("/api/session")).status(), { timeout: 1_500 }).toBe(401);
  await signIn("the first password");
  await expect(them.getByRole("alert")).toBeVisible();

  await edit.getByRole("switch", { name: "利用を停止する" }).click();
  await edit.getByLabel("新しいパスワード", { exact: true }).fill("another password");
  await expect(edit.getByText("パスワードを置きかえ")).toBeVisible();
  await edit.getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("cell", { name: "有効" })).toBeVisible();
  await signIn("another password");
  await expect(chat.composer).toBeVisible();

  await edit.getByRole("button", { name: "ユーザーを削除" }).click();
  await page.getByRole("button", { name: "削除する" }).click();
  await expect(page.getByText(`「${username}」に当てはまるユーザーはいません。`)).toBeVisible();
  await expect(page.locator("body"), "the focus is not lost with the row").not.toBeFocused();
  await theirs.close();
});

test("the last administrator cannot be taken away, and the page says why", async ({ page }) => {
  await page.goto("/admin/users");
  await page.getByRole("button", { name: "keeperを編集" }).click();
  await page.getByRole("combobox", { name: "役割" }).selectOption("user");
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("complementary").getByRole("alert")).toContainText("管理者が一人もいなくなる");
});

test("users are sorted and paged on the server", async ({ page, keeper }) => {
  const mark = randomUUID().slice(0, 8);
  await page.goto("/admin/users");
  const names = Array.from({ length: 4 }, (_, index) => `${mark}-${index}`);
  for (const username of names) await keeper.post("/api/admin/users", { data: { username, role: "user", password: "a password of 20 letters" } });
  // Two a page, so that four users are two pages.
  await page.route("**/api/admin/users?*", (route) => {
    const url = new URL(route.request().url());
    url.searchParams.set("limit", "2");
    return route.continue({ url: url.href });
  });
  await page.getByRole("searchbox").fill(mark);
  const shown = () => page.getByRole("row").getByRole("button", { name: /を編集/ }).allInnerTexts();
  await expect.poll(shown).toEqual(names.slice(0, 2));
  await page.getByRole("button", { name: "次へ" }).click();
  await expect.poll(shown).toEqual(names.slice(2));
  await page.getByRole("button", { name: "前へ" }).click();
  await expect.poll(shown).toEqual(names.slice(0, 2));
  await page.getByRole("columnheader", { name: "ユーザー名" }).getByRole("button").click();
  await expect.poll(shown).toEqual([...names].reverse().slice(0, 2));
  await expect(page.getByRole("columnheader", { name: "ユーザー名" })).toHaveAttribute("aria-sort", "descending");
});

test("a provider is tested in words, added, followed while it fails, and deleted, without a restart", async ({ page, keeper }) => {
  const name = `box-${randomUUID().slice(0, 8)}`;
  const server = await ModelServer.start({ "gemma": "echo" }, { key: "right-key" });
  await page.goto("/admin/models");
  await page.getByRole("button", { name: "接続先を追加" }).click();
  const panel = page.getByRole("complementary", { name: "接続先を追加" });
  await panel.getByLabel("アドレス", { exact: true }).fill(`${server.url}/v1`);
  await panel.getByLabel("APIキー", { exact: true }).fill("wrong-key");
  await panel.getByLabel("使うモデル", { exact: true }).fill("gem*");
  await panel.getByRole("button", { name: "接続を試す" }).click();
  await expect(panel.getByText(/APIキーが拒否されました/)).toBeVisible();
  await panel.getByLabel("APIキー", { exact: true }).fill("right-key");
  await panel.getByRole("button", { name: "接続を試す" }).click();
  await expect(panel.getByText(/1個のモデルが使えます/), "tested before it has a name").toBeVisible();
  await panel.getByRole("button", { name: "接続先を追加" }).click();
  await expect(panel.getByText(/小文字の英数字で始まり/)).toBeVisible();
  await panel.getByLabel("名前", { exact: true }).fill(name);
  await panel.getByRole("button", { name: "接続先を追加" }).click();

  const row = page.getByRole("table", { name: "接続先の一覧" }).getByRole("row").filter({ hasText: name });
  await expect(row.getByText("使えます")).toBeVisible({ timeout: 15_000 });
  await expect(page.getByRole("table", { name: "モデルの一覧" }).getByRole("row").filter({ hasText: name })).toContainText("gemma", { timeout: 15_000 });
  const models = (await (await keeper.get("/api/models")).json()) as { items: { id: string }[] };
  expect(models.items.map(({ id }) => id)).toContain(`${name}/gemma`);

  await server.stop();
  await page.getByRole("button", { name: `${name}を開く` }).click();
  const edit = page.getByRole("complementary", { name });
  await edit.getByRole("button", { name: "接続を試す" }).click();
  await expect(edit.getByText(/サーバーに届きません/)).toBeVisible();
  await edit.getByRole("button", { name: "接続先を削除" }).click();
  await page.getByRole("button", { name: "削除する" }).click();
  await expect(row).toHaveCount(0);
});

test("Amazon Bedrock is connected by a key, answers, and shows how it is doing", async ({ page, keeper }) => {
  const name = `aws-${randomUUID().slice(0, 8)}`;
  const bedrock = await Bedrock.start();
  await page.goto("/admin/models");
  await page.getByRole("button", { name: "接続先を追加" }).click();
  const panel = page.getByRole("complementary", { name: "接続先を追加" });
  await panel.getByLabel("種類").selectOption("bedrock");
  await panel.getByLabel("名前", { exact: true }).fill(name);
  await panel.getByLabel("リージョン").fill("tokyo");
  await panel.getByRole("button", { name: "接続を試す" }).click();
  await expect(panel.getByRole("alert")).toContainText("リージョンではありません");
  await panel.getByLabel("リージョン").fill("us-east-1");
  await panel.getByLabel("アドレス", { exact: true }).fill(bedrock.url);
  await panel.getByLabel("APIキー", { exact: true }).fill("wrong-key");
  await panel.getByRole("button", { name: "接続を試す" }).click();
  await expect(panel.getByText(/APIキーが拒否されました/)).toBeVisible();
  await panel.getByLabel("APIキー", { exact: true }).fill(bedrockKey);
  await panel.getByRole("button", { name: "接続を試す" }).click();
  await expect(panel.getByText(/個のモデルが使えます/)).toBeVisible();
  await panel.getByRole("button", { name: "接続先を追加" }).click();
  const table = page.getByRole("table", { name: "接続先の一覧" });
  await expect(table.getByRole("row").filter({ hasText: name })).toContainText("Amazon Bedrock");

  await page.getByRole("searchbox", { name: "モデルを絞り込む" }).fill(`${name}/amazon.nova-lite`);
  await expect(page.getByRole("table", { name: "モデルの一覧" }).getByRole("row").filter({ hasText: `${name}/amazon.nova-lite` })).toContainText("使えます", { timeout: 15_000 });
  const model = `${name}/amazon.nova-lite-v1:0`;
  await askQuietly(keeper, await makeThread(keeper, model), "東京と大阪");

  await page.getByRole("button", { name: `${name}を開く` }).click();
  const edit = page.getByRole("complementary", { name });
  await expect(edit.getByLabel("リージョン")).toHaveValue("us-east-1");
  await expect(edit.getByText("呼び出し1回、うち失敗0回。")).toBeVisible();
  await expect(edit.locator("canvas")).toHaveCount(2);
  await expect(edit.getByRole("table", { name: "呼び出しの記録" }).getByRole("row").nth(1)).toContainText(/ms|秒/);
  await edit.getByRole("button", { name: "24時間" }).click();
  await expect(edit.getByRole("button", { name: "24時間" })).toHaveAttribute("aria-pressed", "true");
  const [file] = await Promise.all([page.waitForEvent("download"), edit.getByRole("button", { name: "CSVを保存" }).click()]);
  const lines = (await readFile(await file.path(), "utf8")).trim().split("\r\n");
  expect(file.suggestedFilename()).toBe(`${name}-24h.csv`);
  expect(lines[0]).toBe("time,requests,failures,first_token_ms,slowest_first_token_ms");
  expect(lines.slice(1).reduce((sum, line) => sum + Number(line.split(",")[1]), 0)).toBe(1);
  expect(lines).toHaveLength(97);
  await keeper.delete(`/api/admin/providers/${name}`);
  await bedrock.stop();
});

test("providers and models are filtered, sorted and paged on the server", async ({ page, keeper }) => {
  const mark = randomUUID().slice(0, 8);
  const names = Array.from({ length: 3 }, (_, index) => `${mark}-${index}`);
  for (const name of names) await keeper.post("/api/admin/providers", { data: { name, kind: "custom", base_url: "http://127.0.0.1:1/", models: [`${name}-a`, `${name}-b`] } });
  await page.goto("/admin/models");
  await page.route(/\/api\/(admin\/providers|models)\?/, (route) => {
    const url = new URL(route.request().url());
    url.searchParams.set("limit", "2");
    return route.continue({ url: url.href });
  });
  for (const [list, filter, rows, sorted] of [
    ["接続先の一覧", "接続先を絞り込む", names, "名前"],
    ["モデルの一覧", "モデルを絞り込む", names.flatMap((name) => [`${name}-a`, `${name}-b`]), "モデル"],
  ] as const) {
    const region = page.getByRole("region", { name: filter === "接続先を絞り込む" ? "接続先" : "モデルの一覧", exact: true }).first();
    const table = page.getByRole("table", { name: list });
    const shown = () => table.getByRole("row").locator("td:first-child:not([colspan])").evaluateAll((cells) => cells.map((cell) => (cell.querySelector("button") ?? cell.firstChild)?.textContent));
    const filtered = page.waitForResponse((response) => response.url().includes(`q=${mark}`));
    await page.getByRole("searchbox", { name: filter }).fill(mark);
    await filtered;
    await expect.poll(shown).toEqual(rows.slice(0, 2));
    await region.getByRole("button", { name: "次へ" }).click();
    await expect.poll(shown).toEqual(rows.slice(2, 4));
    await region.getByRole("button", { name: "前へ" }).click();
    await expect.poll(shown).toEqual(rows.slice(0, 2));
    const head = table.getByRole("columnheader", { name: sorted });
    await head.getByRole("button").click();
    if (list === "モデルの一覧") await head.getByRole("button").click();
    await expect.poll(shown).toEqual([...rows].reverse().slice(0, 2));
    await expect(head).toHaveAttribute("aria-sort", "descending");
    await page.getByRole("searchbox", { name: filter }).fill("nothing-like-it");
    await expect(page.getByText(/「nothing-like-it」に当てはまる/)).toBeVisible();
    await page.getByRole("searchbox", { name: filter }).fill("");
  }
  for (const name of names) await keeper.delete(`/api/admin/providers/${name}`);
});

test("what the configuration says is shown, not changed", async ({ page }) => {
  await page.goto("/admin/models");
  await page.getByRole("button", { name: "localを開く" }).click();
  await expect(page.getByText(/設定ファイルか環境変数で決められている/)).toBeVisible();
  await expect(page.getByRole("complementary").getByRole("button", { name: "保存", exact: true })).toHaveCount(0);
  await page.getByRole("button", { name: "接続を試す" }).click();
  await expect(page.getByText(/個のモデルが使えます/)).toBeVisible();
});

test("cells of a row stand on one line, sortable or not", async ({ page }) => {
  for (const path of ["/admin/users", "/admin/models"]) {
    await page.goto(path);
    await expect(page.getByRole("row").nth(1)).toBeVisible();
    const lines = await page.getByRole("row").evaluateAll((rows) =>
      rows.slice(0, 2).map((row) => {
        const bottoms = [...row.children].flatMap((cell) => {
          const text = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT).nextNode();
          if (!text || cell.getClientRects().length === 0) return [];
          const range = document.createRange();
          range.selectNodeContents(text);
          const first = range.getClientRects()[0];
          return first ? [first.bottom] : [];
        });
        return Math.max(...bottoms) - Math.min(...bottoms);
      }),
    );
    for (const spread of lines) expect(spread, path).toBeLessThanOrEqual(3);
  }
});
