import { Chat } from "../support/chat.ts";
import { askQuietly, expect, makeThread, storedMessages, test } from "../support/fixtures.ts";

const link = (thread: string) => `nav a[href="/t/${thread}"]`;

test("a thread is renamed in place, archived, deleted and taken back", async ({ page, person }) => {
  const kept = await makeThread(person.api, "local/echo", "残す会話");
  const thread = await makeThread(person.api, "local/echo", "消す会話");
  await new Chat(page).open(thread);
  const row = page.locator(link(thread));
  await expect(new Chat(page).composer).toBeFocused();

  await row.focus();
  await page.keyboard.press("F2");
  await page.getByRole("textbox", { name: "会話の名前" }).fill("京都の計画");
  await page.keyboard.press("Enter");
  await expect(row).toContainText("京都の計画");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("京都の計画");
  await expect.poll(async () => (await (await person.api.get(`/api/threads/${thread}`)).json()) as unknown).toMatchObject({ title: "京都の計画" });

  await row.hover();
  await page.getByRole("button", { name: "「京都の計画」の操作" }).click();
  await page.getByRole("menuitem", { name: "アーカイブする" }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole("button", { name: "アーカイブを見る" }).click();
  await expect(row).toBeVisible();
  await expect(page.locator(link(kept))).toHaveCount(0);
  await row.hover();
  await page.getByRole("button", { name: "「京都の計画」の操作" }).click();
  await page.getByRole("menuitem", { name: "一覧に戻す" }).click();
  await page.getByRole("button", { name: "会話の一覧に戻る" }).click();
  await expect(row).toBeVisible();

  const drafts = () => page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith("kaiwa.draft.")));
  await new Chat(page).composer.fill("送らない下書き");
  await expect.poll(drafts).toEqual([`kaiwa.draft.${thread}`]);
  await row.focus();
  await page.keyboard.press("Delete");
  await expect(row).toHaveCount(0);
  await expect(page).toHaveURL(/\/$/);
  expect(await drafts(), "what was written there has gone with it").toEqual([]);
  await expect.poll(async () => (await person.api.get(`/api/threads/${thread}`)).status()).toBe(404);
  await page.getByText("を削除しました").locator("..").getByRole("button", { name: "元に戻す" }).click();
  await expect(row).toBeVisible();
  await expect(page).toHaveURL(new RegExp(thread));
  await expect(new Chat(page).composer).toHaveValue("送らない下書き");
  await page.reload();
  await expect(row).toBeVisible();
  await expect(new Chat(page).composer).toHaveValue("送らない下書き");
});

test("a change that the server refuses is taken back with the reason", async ({ page, person }) => {
  const thread = await makeThread(person.api, "local/echo", "残る名前");
  await page.goto("/");
  const row = page.locator(link(thread));
  await expect(new Chat(page).composer).toBeFocused();
  await page.route(`**/api/threads/${thread}`, (route) =>
    route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title: "Busy", status: 503, detail: "", code: "unavailable", request_id: "r-17" }) }),
  );
  await row.focus();
  await page.keyboard.press("F2");
  await page.getByRole("textbox", { name: "会話の名前" }).fill("別の名前");
  await page.keyboard.press("Enter");
  await expect(page.getByText(/名前を変えられませんでした.*混み合っています/)).toBeVisible();
  await expect(row).toContainText("残る名前");
  await row.focus();
  await page.keyboard.press("Delete");
  await expect(page.getByText(/削除できませんでした.*混み合っています/)).toBeVisible();
  await expect(row).toBeVisible();
  await expect(page.getByRole("button", { name: "元に戻す" })).toHaveCount(0);
});

test("what another tab does shows here at once", async ({ context, page, person }) => {
  const first = await makeThread(person.api, "local/endless", "最初の会話");
  await page.goto("/");
  await expect(page.locator(link(first))).toBeVisible();
  const other = new Chat(await context.newPage());
  await other.open(first);
  await other.ask("数えて");
  await expect(page.locator(link(first)).getByText("回答中")).toBeVisible();
  await other.stop.click();
  await expect(page.locator(link(first)).getByText("回答中")).toHaveCount(0);

  const second = await makeThread(person.api, "local/echo", "あとの会話");
  await expect(page.locator("nav li a").first()).toHaveAttribute("href", `/t/${second}`);
  await person.api.patch(`/api/threads/${second}`, { data: { title: "よそで変えた名前" } });
  await expect(page.locator(link(second))).toContainText("よそで変えた名前");
  await person.api.delete(`/api/threads/${second}`);
  await expect(page.locator(link(second))).toHaveCount(0);
});

test("a first question gives the thread its name", async ({ page, person }) => {
  void person;
  const chat = new Chat(page);
  await page.goto("/");
  await chat.ask("京都で一日に回れる寺を三つ教えて");
  await chat.ended();
  await expect(page).toHaveURL(/\/t\//);
  await expect(page.locator("nav li a").first()).toContainText("京都で一日に回れる寺");
});

test("the list fills the view and reads on to its end, each thread once", async ({ page, person }) => {
  const count = 130;
  for (let made = 0; made < count; made += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, index) => makeThread(person.api, "local/echo", `会話 ${made + index}`)));
  }
  await page.setViewportSize({ width: 1440, height: 2600 });
  await page.goto("/");
  const rows = page.locator("nav li a");
  await expect.poll(() => rows.count()).toBeGreaterThan(60);
  await expect(async () => {
    await rows.last().scrollIntoViewIfNeeded();
    expect(await rows.count()).toBe(count);
  }).toPass();
  const links = await rows.evaluateAll((all) => all.map((row) => row.getAttribute("href")));
  expect(new Set(links).size).toBe(count);
});

test("a Japanese word of two characters is found in titles and messages, and marked", async ({ page, person }) => {
  const planned = await makeThread(person.api, "local/echo", "来週の京都旅行");
  expect((await person.api.patch(`/api/threads/${planned}`, { data: { archived: true } })).status()).toBe(200);
  const thread = await makeThread(person.api, "local/echo", "買い物");
  await askQuietly(person.api, thread, "夕食の材料を考えて", "local/echo");
  await askQuietly(person.api, thread, "𠮷野家と京都の漬物も足して", "local/echo");
  await page.goto("/");
  await expect(new Chat(page).composer).toBeVisible();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("京都");
  const options = page.getByRole("option");
  await expect(options.filter({ hasText: "来週の京都旅行" })).toContainText("アーカイブ済み");
  const hit = options.filter({ hasText: "漬物" }).first();
  await expect(hit).toBeVisible();
  await expect(hit).not.toContainText("アーカイブ済み");
  for (const mark of await options.locator("mark").allInnerTexts()) expect(mark).toBe("京都");
  expect(await hit.locator("mark").count()).toBeGreaterThan(0);
  await hit.click();
  await expect(page).toHaveURL(new RegExp(thread));
  await expect(page.getByRole("log").getByText("𠮷野家と京都の漬物も足して").first()).toBeInViewport();
});

test("on a phone the list is a drawer that Escape, a tap outside and a choice close, and a deletion in it can be undone", async ({ browser, baseURL, person }) => {
  const thread = await makeThread(person.api, "local/echo", "電話の会話");
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, locale: "ja-JP", ...(baseURL === undefined ? {} : { baseURL }) });
  await context.addCookies((await person.api.storageState()).cookies);
  const page = await context.newPage();
  await page.goto("/");
  const open = page.getByRole("button", { name: "サイドバーを開く" });
  const row = page.locator(link(thread));
  await expect(open).toBeVisible();
  await expect(row).toHaveCount(0);
  await open.click();
  await expect(row).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(row).toHaveCount(0);
  await open.click();
  await expect(row).toBeVisible();
  await page.touchscreen.tap(380, 400);
  await expect(row).toHaveCount(0);
  // A deletion is undone from within the drawer, and after it has closed.
  const remove = async () => {
    await open.click();
    await page.getByRole("button", { name: "「電話の会話」の操作" }).tap();
    await page.getByRole("menuitem", { name: "削除" }).tap();
    await expect(row).toHaveCount(0);
  };
  const undo = page.getByRole("button", { name: "元に戻す" });
  await remove();
  await undo.tap();
  await expect(row).toBeVisible();
  await page.keyboard.press("Escape");
  await remove();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await undo.tap();
  await expect(undo).toHaveCount(0);
  await open.click();
  await row.tap();
  await expect(page).toHaveURL(new RegExp(thread));
  await expect(row).toHaveCount(0);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await context.close();
});

test("a thread that another page deletes says so where it is open, and comes back by undo", async ({ page, context, person }) => {
  const thread = await makeThread(person.api, "local/echo", "二つの画面の会話");
  await askQuietly(person.api, thread, "残る文章");
  const chat = new Chat(page);
  await chat.open(thread);
  await expect(page.locator(".md")).toContainText("残る文章");
  const other = await context.newPage();
  await new Chat(other).open(thread);
  await other.locator(link(thread)).focus();
  await other.keyboard.press("Delete");

  await expect(page.getByRole("status").filter({ hasText: "ほかの画面で削除されました" })).toBeVisible();
  await expect(page.locator(".md"), "what was being read stays").toContainText("残る文章");
  await expect(chat.composer).toHaveCount(0);
  await expect(page.locator(link(thread))).toHaveCount(0);
  await page.getByRole("main").getByRole("button", { name: "元に戻す" }).click();
  await expect(chat.composer).toBeVisible();
  await expect(page.locator(link(thread))).toBeVisible();
  await expect(other.locator(link(thread)), "on the page that deleted it, too").toBeVisible();
  expect((await person.api.get(`/api/threads/${thread}`)).status()).toBe(200);
});

test("the search hears the first key, and shows no signs of Markdown", async ({ page, person }) => {
  const thread = await makeThread(person.api, "local/echo", "植物");
  await askQuietly(person.api, thread, "葉では**光合成**により`糖`ができます。");
  // The rest of the page's code may be slow to come.
  await page.route(/\/assets\/(Overlays|Finder)-/, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await route.continue();
  });
  await page.goto("/");
  await expect(new Chat(page).composer).toBeFocused();
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox", { name: "会話とメッセージを検索" });
  await expect(field).toBeFocused();
  await page.keyboard.insertText("光合");
  await expect(field).toHaveValue("光合");
  await page.keyboard.insertText("成");
  await expect(page.getByRole("option").filter({ hasText: "葉では光合成により糖ができます。" }).first().locator("mark")).toHaveText("光合成");
  await page.keyboard.press("Escape");
  await expect(new Chat(page).composer).toBeFocused();
  await expect(new Chat(page).composer).toHaveValue("");
});

test("a thread that nobody has asked takes the default model of its first turn, not the one that it was shown with", async ({ page, person }) => {
  const made = await person.api.post("/api/threads", { data: { title: "まだ何も" } });
  const { id } = (await made.json()) as { id: string };
  // As it was when the page read it: the administrator had named another one.
  const address = new RegExp(`/api/threads/${id}$`);
  await page.route(address, async (route) => {
    const answer = await route.fetch();
    const thread = (await answer.json()) as { settings: object };
    await route.fulfill({ response: answer, json: { ...thread, settings: { ...thread.settings, model: "local/quick" } } });
  });
  const chat = new Chat(page);
  await chat.open(id);
  await expect(page.getByRole("button", { name: "モデル: quick" })).toBeVisible();
  await page.unroute(address);
  await chat.ask("どのモデルですか");
  await chat.ended();
  await chat.shows("どのモデルですか");
  await expect(page.getByRole("button", { name: "モデル: echo" })).toBeVisible();
});

test("a hit of the search is shown, and left when the reader asks on or scrolls away", async ({ page, person }) => {
  const thread = await makeThread(person.api, "local/echo", "長い会話");
  for (let index = 1; index <= 12; index += 1) await askQuietly(person.api, thread, `問い${index}。${"長い文。".repeat(120)}`);
  const hit = (await storedMessages(person.api, thread))[0]?.id;
  const chat = new Chat(page);
  const first = chat.questions.filter({ hasText: "問い1。" });
  const newest = chat.questions.filter({ hasText: "問い12。" });

  await page.goto(`/t/${thread}#${hit}`);
  await expect(first).toBeInViewport();
  await page.waitForTimeout(1_000);
  expect(page.url(), "it is being read").toContain(`#${hit}`);
  await page.reload();
  await expect(first).toBeInViewport();
  await chat.ask("その次");
  await expect(page).toHaveURL(`/t/${thread}`);
  await chat.ended();
  await page.reload();
  await expect(chat.questions.last()).toBeInViewport();

  await page.goto(`/t/${thread}#${hit}`);
  await expect(first).toBeInViewport();
  await page.getByRole("log", { name: "会話" }).evaluate((list) => list.scrollTo({ top: list.scrollHeight }));
  await expect(page).toHaveURL(`/t/${thread}`);
  await page.reload();
  await expect(newest).toBeInViewport();
});
