import { Chat } from "../support/chat.ts";
import { askQuietly, expect, makeThread, test } from "../support/fixtures.ts";

test("who is signed in and comes to the sign-in by a bookmark gets the chat", async ({ page, person }) => {
  void person;
  await page.goto("/login");
  await expect(page).toHaveURL("/");
  await expect(new Chat(page).composer).toBeVisible();
});

test("each thread keeps its draft through a reload", async ({ page, person }) => {
  const [one, two] = [await makeThread(person.api, "local/echo", "一"), await makeThread(person.api, "local/echo", "二")];
  const chat = new Chat(page);
  await chat.open(one);
  await chat.composer.fill("一の下書き");
  await page.locator(`nav a[href="/t/${two}"]`).click();
  await expect(chat.composer).toHaveValue("");
  await chat.composer.fill("二の下書き");
  await page.reload();
  await expect(chat.composer).toHaveValue("二の下書き");
  await page.locator(`nav a[href="/t/${one}"]`).click();
  await expect(chat.composer).toHaveValue("一の下書き");
});

test("a model chosen for a chat that has not begun is still chosen after a reload, and asked", async ({ page, person: _ }) => {
  const chat = new Chat(page);
  await page.goto("/");
  const model = page.getByRole("button", { name: /^モデル: / });
  await expect(model).toHaveAccessibleName("モデル: echo");
  await model.click();
  await page.getByRole("menuitemradio", { name: "quick" }).click();
  await page.reload();
  await expect(model).toHaveAccessibleName("モデル: quick");
  await chat.ask("どのモデル");
  await chat.ended();
  await chat.shows("語".repeat(12));
  await page.reload();
  await expect(model).toHaveAccessibleName("モデル: quick");
  await page.goto("/");
  await expect(model, "the next chat begins with the default").toHaveAccessibleName("モデル: echo");
});

test("by keys alone: the last question is edited, the list of keys opened, and the focus comes back", async ({ page, person }) => {
  const thread = await makeThread(person.api, "local/echo", "鍵盤");
  await askQuietly(person.api, thread, "最初の問い");
  const chat = new Chat(page);
  await chat.open(thread);
  await expect(chat.answers).toHaveCount(1);
  await expect(chat.composer).toBeFocused();

  await page.keyboard.press("ArrowUp");
  const editor = page.getByRole("article", { name: "編集" }).getByRole("textbox");
  await expect(editor).toBeFocused();
  await expect(editor).toHaveValue("最初の問い");
  await page.keyboard.press("Escape");
  await expect(chat.composer, "after Escape").toBeFocused();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.type("か");
  await page.keyboard.press("Enter");
  await expect(chat.questions.last()).toContainText("最初の問いか");
  await chat.ended();
  await expect(chat.composer, "after sending").toBeFocused();

  // In a text field a question mark is a question mark.
  await page.keyboard.type("?");
  await expect(chat.composer).toHaveValue("?");
  await chat.composer.fill("");
  const more = chat.answers.last().getByRole("button", { name: "その他" });
  await more.focus();
  await page.keyboard.press("?");
  const keys = page.getByRole("dialog", { name: "キーボード操作" });
  await expect(keys).toContainText("直前の質問を編集");
  await expect(keys, "also while none runs").toContainText("回答を停止Esc");
  await page.keyboard.press("Escape");
  await expect(keys).toBeHidden();
  await expect(more).toBeFocused();

  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: "Markdownとしてコピー" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(more).toBeFocused();

  await page.keyboard.press("Control+k");
  await page.keyboard.insertText("設定を開く");
  await expect(page.getByRole("option", { name: /設定を開く/ })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/settings/);
});

test("what takes the focus above a long answer is brought into view and stays there, also while text streams", async ({ page, person }) => {
  const lines = Array.from({ length: 60 }, (_, line) => `${line + 1}行目`).join("\n\n");
  const thread = await makeThread(person.api, "local/echo", "長い回答");
  await askQuietly(person.api, thread, lines);
  const chat = new Chat(page);
  await chat.open(thread);
  await expect(chat.answers.getByText("60行目")).toBeInViewport();
  await page.keyboard.press("ArrowUp");
  const editor = page.getByRole("article", { name: "編集" }).getByRole("textbox");
  await expect(editor).toBeFocused();
  await expect(editor).toBeInViewport();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "最新のメッセージへ" }).click();

  await chat.composer.focus();
  await page.getByRole("button", { name: /^モデル: / }).click();
  await page.getByRole("menuitemradio", { name: "endless" }).click();
  await chat.ask("書き続けて");
  await expect.poll(async () => (await chat.shown()).length).toBeGreaterThan(10);
  const copy = chat.questions.first().getByRole("button", { name: "コピー" });
  await copy.focus();
  const before = (await chat.shown()).length;
  await expect.poll(async () => (await chat.shown()).length).toBeGreaterThan(before + 20);
  await expect(copy).toBeInViewport();
  await chat.stop.click();
});

test("what the browser's search finds above stays in view while text streams, and pressed code is left where it is", async ({ page, person }) => {
  const code = `目印の行\n\n${Array.from({ length: 60 }, (_, line) => `${line + 1}行目`).join("\n\n")}\n\n\`\`\`\n${"const x = 1;\n".repeat(6)}\`\`\``;
  const thread = await makeThread(person.api, "local/echo", "長い回答");
  await askQuietly(person.api, thread, code);
  const chat = new Chat(page);
  await chat.open(thread);
  await chat.composer.focus();
  await page.getByRole("button", { name: /^モデル: / }).click();
  await page.getByRole("menuitemradio", { name: "endless" }).click();
  await chat.ask("書き続けて");
  await expect.poll(async () => (await chat.shown()).length).toBeGreaterThan(10);
  const toEnd = page.getByRole("button", { name: "最新のメッセージへ" });
  const block = chat.answers.first().getByRole("group", { name: /^コード/ });
  await block.click();
  await expect(block).toBeFocused();
  await expect(toEnd).toHaveCount(0);

  // As the search does: its field has the focus, and what it finds is brought to the middle.
  const mark = chat.answers.first().getByText("目印の行");
  await mark.evaluate((element) => {
    document.hasFocus = () => false;
    element.scrollIntoView({ block: "center" });
  });
  await expect(toEnd).toBeVisible();
  const before = (await chat.shown()).length;
  await expect.poll(async () => (await chat.shown()).length).toBeGreaterThan(before + 20);
  await expect(mark).toBeInViewport();
  await chat.stop.click();
});

test("a chat that could not be read says so, and comes with another try; one that is not there stays calm", async ({ page, person }) => {
  const thread = await makeThread(person.api, "local/echo", "読めるはず");
  await askQuietly(person.api, thread, "そこにある");
  let refused = 0;
  await page.route(/\/api\/threads\/[^/]+\/messages/, (route) => ((refused += 1), route.fulfill({ status: 429, contentType: "application/problem+json", body: JSON.stringify({ code: "too_many_requests", status: 429 }) })));
  await page.goto(`/t/${thread}`);
  await expect(page.getByRole("heading", { name: "この会話を開けません" })).toBeVisible();
  await expect(page).toHaveTitle("この会話を開けません – Kaiwa");
  expect(refused).toBeGreaterThan(0);
  await expect(page.getByRole("button", { name: "会話を書き出す" }), "nothing to export").toHaveCount(0);
  await page.unroute(/\/api\/threads\/[^/]+\/messages/);
  await page.getByRole("main").getByRole("button", { name: "再試行" }).click();
  const chat = new Chat(page);
  await expect(chat.questions).toContainText("そこにある");
  await expect(page).toHaveTitle("読めるはず – Kaiwa");

  await page.goto("/t/0194d3a0-0000-7000-8000-000000000000");
  await expect(page.getByRole("main")).toContainText("削除されたか、アドレスが違います");
  await expect(page.getByRole("main").getByRole("button", { name: "再試行" }), "another try would find nothing").toHaveCount(0);
  await page.getByRole("main").getByRole("link", { name: "新しいチャット" }).click();
  await expect(page).toHaveURL(/\/$/);
  await expect(page).toHaveTitle("Kaiwa");
});

test("on paper a chat is whole, without what surrounds it", async ({ page, person }) => {
  const thread = await makeThread(person.api, "local/echo", "紙の上");
  const questions = Array.from({ length: 8 }, (_, index) => `問い${index}\n${"行\n".repeat(30)}終わり`);
  questions.push("脚注[^1]\n\n[^1]: 紙にも出る");
  for (const question of questions) await askQuietly(person.api, thread, question);
  const chat = new Chat(page);
  await chat.open(thread);
  await expect(chat.questions.last()).toContainText("脚注");
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const paper = page.getByRole("article", { name: "あなた" });
  for (const [index, question] of questions.entries()) await expect(paper.nth(index)).toContainText(question.slice(0, 3));
  await expect(paper).toHaveCount(questions.length);
  await expect(page.getByRole("heading", { name: "紙の上" })).toBeVisible();
  await expect(page.locator(".md-footnote").filter({ visible: true })).toContainText("紙にも出る");
  await expect(chat.composer).toBeHidden();
  await expect(page.locator("aside:not(.md-footnote)")).toBeHidden();
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await page.emulateMedia({ media: "screen" });
  await expect(chat.composer).toBeVisible();
});

test("a diagram that was drawn is on paper at once", async ({ page, person }) => {
  const thread = await makeThread(person.api, "local/echo", "図");
  await askQuietly(person.api, thread, "```mermaid\ngraph TD\n  A --> B\n```");
  const chat = new Chat(page);
  await chat.open(thread);
  await expect(chat.answers.getByRole("img")).toBeVisible();
  // Paper is drawn in the same task.
  const images = await page.evaluate(() => {
    dispatchEvent(new Event("beforeprint"));
    return [...document.querySelectorAll<HTMLImageElement>(".md-diagram img")].map(({ complete, naturalWidth }) => complete && naturalWidth > 0);
  });
  expect(images, "in the list and on paper").toEqual([true, true]);
});

test("waiting is said in words, and later with the seconds", async ({ page, person }) => {
  const chat = new Chat(page);
  await chat.open(await makeThread(person.api, "local/stream?tokens=5&first_delay=7500&chunk=語"));
  await chat.ask("ゆっくり考えて");
  const words = chat.answers.last().getByRole("status");
  await expect(words).toHaveText("考えています…");
  await expect(words).toHaveText(/考えています…\s*[5-7]秒/, { timeout: 8_000 });
  await chat.ended();
  await expect(words).toHaveCount(0);
  await chat.shows("語語語語語");
});

test("a busy model is said to be busy while it is asked again, and its words to be its own", async ({ page, person }) => {
  const chat = new Chat(page);
  await chat.open(await makeThread(person.api, "local/echo?status=429&retry_after=3&message=slow%20down"));
  await chat.ask("急いで");
  const words = chat.answers.last().getByRole("status");
  await expect(words).toHaveText(/^local が混み合っています。もう一度試しています…/);
  await expect(words).toHaveText(/[5-7]秒$/, { timeout: 8_000 });
  await chat.ended();
  await expect(chat.answers.last()).toContainText("local からのメッセージ: slow down (HTTP 429)");
  await expect(chat.answers.last().getByRole("button", { name: /2回の再試行/ })).toBeVisible();
});

test("an answer is copied as Markdown and as rich text", async ({ page, context, person }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const thread = await makeThread(person.api, "local/echo", "写し");
  await askQuietly(person.api, thread, "**太字**と\n\n| 列 | 数 |\n| --- | ---: |\n| あ | 1 |");
  const chat = new Chat(page);
  await chat.open(thread);
  await expect(chat.answers.last().locator("table")).toBeVisible();
  await chat.answers.last().hover();
  await chat.answers.last().getByRole("button", { name: "コピー", exact: true }).last().click();
  await expect(page.getByText("コピーしました")).toBeVisible();
  const [plain, rich] = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const text = async (type: string) => (item ? (await item.getType(type)).text() : "");
    return [await text("text/plain"), await text("text/html")];
  });
  expect(plain).toBe("**太字**と\n\n| 列 | 数 |\n| --- | ---: |\n| あ | 1 |");
  expect(rich).toMatch(/<strong[^>]*>太字<\/strong>[\s\S]*<table[\s\S]*<td[^>]*>1<\/td>/);
  expect(rich).not.toContain("<button");
});

test("the line over an answer opens, and stays as it was left", async ({ page, person }) => {
  const thread = await makeThread(person.api, "local/stream?tokens=3&reasoning=4", "考え");
  await askQuietly(person.api, thread, "考えて");
  const chat = new Chat(page);
  await chat.open(thread);
  const line = chat.answers.last().getByRole("button", { name: "考えた過程" });
  await expect(line).toHaveAttribute("aria-expanded", "false");
  await line.click();
  await expect(chat.answers.last()).toContainText("hm hm");
  await page.reload();
  await expect(line).toHaveAttribute("aria-expanded", "true");
  await line.click();
  await page.reload();
  await expect(line).toHaveAttribute("aria-expanded", "false");
});

test("an answer is announced by sentence while it is written", async ({ page, person }) => {
  const chat = new Chat(page);
  const story = Array.from({ length: 24 }, (_, index) => `${index}匹の犬が走る。`).join("");
  await chat.open(await makeThread(person.api, "local/echo?rate=24&token_bytes=6"));
  await page.evaluate(() => {
    const heard: string[] = ((window as unknown as { heard: string[] }).heard = []);
    new MutationObserver(() => {
      const said = document.querySelector("article [aria-live=polite]")?.textContent ?? "";
      if (said !== "" && heard.at(-1) !== said) heard.push(said);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await chat.ask(story);
  await chat.ended();
  const heardNow = () => page.evaluate(() => (window as unknown as { heard: string[] }).heard);
  await expect.poll(async () => (await heardNow()).join(""), "all of it, in order, none twice").toBe(story);
  const heard = await heardNow();
  expect(heard.length).toBeGreaterThan(1);
  for (const said of heard) expect(said, "whole sentences").toMatch(/^(\d+匹の犬が走る。)+$/);
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test("the drawer opens by a swipe from the edge and closes by one back", async ({ page, context, person }) => {
    const thread = await makeThread(person.api, "local/echo", "電話の会話");
    await new Chat(page).open(thread);
    const devtools = await context.newCDPSession(page);
    const swipe = async (from: number, to: number) => {
      const at = (x: number) => [{ x, y: 400 }];
      await devtools.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(from) });
      for (let step = 1; step <= 5; step += 1) await devtools.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(from + ((to - from) * step) / 5) });
      await devtools.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    };
    const drawer = page.getByRole("dialog");
    await swipe(200, 320);
    await expect(drawer, "only from the edge").toHaveCount(0);
    await swipe(6, 220);
    await expect(drawer.getByRole("link", { name: "電話の会話" })).toBeVisible();
    await swipe(250, 60);
    await expect(drawer).toHaveCount(0);
  });

  test("over the keyboard of a phone a long draft with files leaves the way to send it in view", async ({ page, person }) => {
    await page.setViewportSize({ width: 360, height: 330 });
    const thread = await makeThread(person.api, "local/echo", "小さい画面");
    const chat = new Chat(page);
    await chat.open(thread);
    const files = ["一", "二", "三"].map((name) => ({ name: `${name}.txt`, mimeType: "text/plain", buffer: Buffer.from(name) }));
    await page.locator("input[type=file]").setInputFiles(files);
    await chat.composer.fill("行\n".repeat(20));
    await expect(page.getByRole("list", { name: "添付ファイル" }).getByRole("listitem")).toHaveCount(3);
    await expect(page.getByRole("button", { name: "送信" })).toBeEnabled();
    await expect(page.getByRole("button", { name: "送信" })).toBeInViewport({ ratio: 1 });
  });
});

test("the files of a thread are listed in the panel, with the way to their question", async ({ page, person }) => {
  const thread = await makeThread(person.api, "local/echo", "資料");
  const chat = new Chat(page);
  await chat.open(thread);

  await page.locator('input[type="file"]').setInputFiles({ name: "覚え書き.txt", mimeType: "text/plain", buffer: Buffer.from("一行目") });
  // While its file is on the way, a question waits for it.
  await chat.composer.fill("読んでください");
  await chat.composer.press("Enter");
  await expect(chat.questions.last()).toContainText("読んでください");
  await chat.ended();
  await page.getByRole("button", { name: "この会話のファイル" }).click();
  const panel = page.getByRole("complementary", { name: "この会話のファイル" });
  const download = page.waitForEvent("download");
  await panel.getByRole("link", { name: "覚え書き.txt" }).click();
  expect((await download).suggestedFilename()).toBe("覚え書き.txt");
  await panel.getByRole("button", { name: "覚え書き.txt を添えた質問へ" }).click();
  await expect(page).toHaveURL(/\/t\/[\w-]+#[\w-]+$/);
  await expect(chat.questions.first()).toBeInViewport();
  await panel.getByRole("button", { name: "閉じる" }).click();
  await expect(panel).toBeHidden();
});

test("the settings of a thread take the focus, and Escape gives it back", async ({ page, person }) => {
  await new Chat(page).open(await makeThread(person.api, "local/echo", "設定"));
  const open = page.getByRole("button", { name: "モデルの設定" });
  const panel = page.getByRole("complementary", { name: "モデルの設定" });
  await open.focus();
  await page.keyboard.press("Enter");
  await expect(panel).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Escape");
  await expect(panel).toBeHidden();
  await expect(open).toBeFocused();
});

test("while the page's code is on its way a line says so", async ({ page, person }) => {
  void person;
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route(/\/assets\/index-[^/]*\.js$/, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto("/", { waitUntil: "commit" });
  await expect(page.getByRole("progressbar")).toBeVisible();
  answer();
  await expect(new Chat(page).composer).toBeVisible();
  await expect(page.getByRole("progressbar")).toHaveCount(0);
});

test("text of a script that runs to the left does so", async ({ page, person }) => {
  const thread = await makeThread(person.api, "local/echo", "مرحبا");
  await askQuietly(person.api, thread, "هذا نص مع `code`.\n\n- عنصر\n\n日本語の段落。");
  const chat = new Chat(page);
  await chat.open(thread);
  const direction = (selector: string) => chat.answers.last().locator(selector).first().evaluate((element) => getComputedStyle(element).direction);
  expect(await direction(".md > p:first-child")).toBe("rtl");
  expect(await direction(".md > ul")).toBe("rtl");
  expect(await direction(".md > p:last-child")).toBe("ltr");
});

test("a question sent while its thread is read arrives though the thread is left", async ({ page, person }) => {
  const [one, two] = [await makeThread(person.api, "local/echo", "一"), await makeThread(person.api, "local/echo", "二")];
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route(`**/api/threads/${one}/messages?*`, async (route) => {
    await held;
    await route.continue();
  });
  const chat = new Chat(page);
  await page.goto(`/t/${one}`);
  await chat.composer.fill("届く質問");
  await chat.composer.press("Enter");
  await page.locator(`nav a[href="/t/${two}"]`).click();
  await expect(page).toHaveURL(`/t/${two}`);
  answer();
  await page.locator(`nav a[href="/t/${one}"]`).click();
  await expect(chat.answers.last()).toContainText("届く質問");
  await expect(chat.answers).toHaveCount(1);
  await expect(chat.composer).toHaveValue("");
});

test("the button that makes a key stays beside its field when the name is refused", async ({ page, person: _ }) => {
  await page.route("**/api/keys", (route) =>
    route.request().method() === "POST"
      ? route.fulfill({ status: 409, contentType: "application/problem+json", json: { type: "about:blank", title: "", status: 409, code: "key_name_taken", detail: "there is one", request_id: "r" } })
      : route.continue(),
  );
  await page.goto("/settings/keys");
  const name = page.getByLabel("新しいキーの名前");
  const make = page.getByRole("button", { name: "作成", exact: true });
  await name.fill("二度目");
  const middle = async (what: typeof name) => what.evaluate((element) => element.getBoundingClientRect().top + element.getBoundingClientRect().height / 2);
  expect(Math.abs((await middle(make)) - (await middle(name)))).toBeLessThan(1);
  await make.click();
  await expect(name).toHaveAttribute("aria-invalid", "true");
  expect(Math.abs((await middle(make)) - (await middle(name)))).toBeLessThan(1);
});
