import { Chat, oneLine } from "../support/chat.ts";
import { expect, makeThread, storedMessages, test } from "../support/fixtures.ts";

const reloads = 50;

test("50 reloads in mid-answer lose, double and swap nothing", async ({ page, person }) => {
  test.setTimeout(120_000);
  const chat = new Chat(page);
  const thread = await makeThread(person.api, "local/stamps");
  await chat.open(thread);
  await chat.ask("数えて");
  await expect(chat.answers.last()).toHaveAttribute("aria-busy", "true");

  const seen: string[] = [];
  for (let count = 0; count < reloads; count += 1) {
    await page.reload({ waitUntil: "commit" });
    await expect(chat.answers.last().locator(".md")).toBeVisible();
    // Each reload sees more than the one before, however busy the machine: the cut falls at as many places.
    await expect.poll(async () => (await chat.shown()).length).toBeGreaterThan(seen.at(-1)?.length ?? 0);
    seen.push(await chat.shown());
    // Let it run on for a different while each time, so that the cut falls everywhere.
    await page.waitForTimeout((count * 37) % 120);
  }
  await expect(chat.answers.last(), "it still ran at the last reload").toHaveAttribute("aria-busy", "true");
  await chat.stop.click();
  await chat.ended();

  const stored = (await storedMessages(person.api, thread)).at(-1);
  expect(stored?.state).toBe("stopped");
  const whole = oneLine(stored?.text ?? "");
  expect(whole).toMatch(/^(\d{20} )+\d{20}$/);
  expect([...new Set(whole.split(" "))].sort(), "each token once, in order").toEqual(whole.split(" "));
  await chat.shows(whole);
  await page.reload();
  await chat.shows(whole);
  for (const part of seen) expect(whole.startsWith(part), `shown after a reload: …${part.slice(-60)}`).toBe(true);
  expect(new Set(seen).size, "reloads saw it at different lengths").toBe(reloads);
});

test("two tabs follow one answer, and either stops it", async ({ context, page, person, models }) => {
  const first = new Chat(page);
  const thread = await makeThread(person.api, "local/endless");
  await first.open(thread);
  const second = new Chat(await context.newPage());
  await second.open(thread);

  await first.ask("ずっと話して");
  for (const tab of [first, second]) {
    await expect(tab.questions.last()).toContainText("ずっと話して");
    const before = await tab.shown();
    await expect.poll(async () => (await tab.shown()).length).toBeGreaterThan(before.length + 20);
  }

  const stopped = Date.now();
  await second.stop.click();
  for (const tab of [first, second]) await expect(tab.answers.last().getByText("停止しました")).toBeVisible({ timeout: 2_000 });
  const stored = oneLine((await storedMessages(person.api, thread)).at(-1)?.text ?? "");
  for (const tab of [first, second]) await tab.shows(stored);

  const upstream = async () => (await models.requests()).findLast(({ model }) => model?.startsWith("endless") ?? false);
  await expect.poll(async () => (await upstream())?.closed_by_peer_at_ms ?? null, { timeout: 1_000 }).not.toBeNull();
  expect(Date.now() - stopped).toBeLessThan(4_000);
});

test("an answer goes on while every tab is closed", async ({ context, page, person }) => {
  const chat = new Chat(page);
  const thread = await makeThread(person.api, "local/stamps");
  await chat.open(thread);
  await chat.ask("続けて");
  await expect.poll(async () => (await chat.shown()).length).toBeGreaterThan(50);
  const before = (await chat.shown()).length;
  await page.goto("about:blank");
  await page.close();
  await new Promise((resolve) => setTimeout(resolve, 1_500));

  const later = new Chat(await context.newPage());
  await later.open(thread);
  await expect.poll(async () => (await later.shown()).length).toBeGreaterThan(before + 500);
  await later.stop.click();
  await later.ended();
});

test("Escape stops, and what was written can be continued", async ({ page, person }) => {
  const chat = new Chat(page);
  await chat.open(await makeThread(person.api, "local/endless"));
  await chat.ask("話して");
  await expect.poll(async () => (await chat.shown()).length).toBeGreaterThan(10);
  await chat.composer.press("Escape");
  await expect(chat.answers.last().getByText("停止しました")).toBeVisible();
  const before = await chat.shown();
  await chat.answers.last().getByRole("button", { name: "続ける" }).first().click();
  await expect.poll(async () => (await chat.shown()).length).toBeGreaterThan(before.length + 10);
  expect((await chat.shown()).startsWith(before)).toBe(true);
  await chat.stop.click();
  await chat.ended();
});

test("edits and new answers are branches that can be switched and survive a reload", async ({ page, person }) => {
  const chat = new Chat(page);
  const thread = await makeThread(person.api, "local/echo");
  await chat.open(thread);
  await chat.ask("一つ目の質問");
  await chat.ended();
  await chat.ask("二つ目の質問");
  await chat.ended();

  // Editing the first question begins a branch at the root.
  await chat.questions.first().hover();
  await chat.questions.first().getByRole("button", { name: "編集" }).click();
  await page.getByRole("article", { name: "編集" }).getByRole("textbox").fill("書き直した質問");
  await page.getByRole("article", { name: "編集" }).getByRole("textbox").press("Enter");
  await expect(chat.questions).toHaveCount(1);
  await expect(chat.questions.first()).toContainText("書き直した質問");
  await chat.ended();
  await expect.poll(() => chat.shown()).toBe("書き直した質問");

  // A new answer is a sibling of the old one.
  await chat.answers.last().hover();
  await chat.answers.last().getByRole("button", { name: "もう一度回答" }).click();
  await expect(chat.answers.last().getByText("2/2")).toBeVisible();
  await chat.ended();

  await page.reload();
  await expect(chat.questions.first().getByText("2/2")).toBeVisible();
  await expect(chat.answers.last().getByText("2/2")).toBeVisible();
  await chat.answers.last().getByRole("button", { name: "前の版" }).click();
  await expect(chat.answers.last().getByText("1/2")).toBeVisible();
  await chat.questions.first().hover();
  await chat.questions.first().getByRole("button", { name: "前の版" }).click();
  await expect(chat.questions).toHaveCount(2);
  await expect(chat.questions.last()).toContainText("二つ目の質問");
  await page.reload();
  await expect(chat.questions).toHaveCount(2);
  const texts = (await storedMessages(person.api, thread)).map(({ text }) => text);
  expect(texts).toEqual(["一つ目の質問", "一つ目の質問", "二つ目の質問", "二つ目の質問"]);
});

test("feedback with a comment stays", async ({ page, person }) => {
  const chat = new Chat(page);
  const thread = await makeThread(person.api, "local/quick");
  await chat.open(thread);
  await chat.ask("どう?");
  await chat.ended();
  await chat.answers.last().hover();
  await chat.answers.last().getByRole("button", { name: "よくない回答" }).click();
  await chat.answers.last().getByRole("textbox").fill("短すぎる");
  await chat.answers.last().getByRole("textbox").press("Enter");
  await expect.poll(async () => (await storedMessages(person.api, thread)).at(-1)).toMatchObject({ feedback: { value: "down", comment: "短すぎる" } });
  await page.reload();
  await chat.answers.last().hover();
  await chat.answers.last().getByRole("button", { name: "その他" }).click();
  await expect(page.getByText(/^\d+(\.\d)?(ミリ)?秒$/), "the time it took is still known").toBeVisible();
  await page.keyboard.press("Escape");
  await expect(chat.answers.last().getByRole("button", { name: "よくない回答" })).toHaveAttribute("aria-pressed", "true");
});

test("a question sent while an answer runs goes once it has ended", async ({ page, person }) => {
  const chat = new Chat(page);
  const thread = await makeThread(person.api, "local/brief");
  await chat.open(thread);
  await chat.ask("一つ目");
  await expect(chat.stop).toBeEnabled();
  await chat.composer.fill("二つ目");
  await chat.composer.press("Enter");
  await expect(page.getByText("回答が終わりしだい送信します。")).toBeVisible();
  await expect(chat.questions).toHaveCount(1);
  await expect(chat.questions).toHaveCount(2, { timeout: 10_000 });
  await expect(chat.composer).toHaveValue("");
  await chat.ended();
  expect((await storedMessages(person.api, thread)).map(({ role, state }) => `${role} ${state}`)).toEqual(["user complete", "assistant complete", "user complete", "assistant complete"]);

  await chat.ask("三つ目");
  await chat.composer.fill("四つ目");
  await chat.composer.press("Enter");
  await chat.stop.click();
  await chat.ended();
  await expect(chat.composer, "who stops an answer asks nothing below it").toHaveValue("四つ目");
  await expect(chat.questions).toHaveCount(3);
});

test("two clicks in one have an answer made once", async ({ page, person }) => {
  const chat = new Chat(page);
  const thread = await makeThread(person.api, "local/brief");
  await chat.open(thread);
  await chat.ask("一度だけ");
  await chat.ended();
  let asked = 0;
  page.on("request", (request) => (asked += /\/(regenerate|continue)$/.test(request.url()) ? 1 : 0));
  await chat.answers.last().hover();
  await chat.answers.last().getByRole("button", { name: "もう一度回答" }).dblclick();
  await expect(chat.stop).toBeVisible();
  await chat.ended();
  expect(asked).toBe(1);
});
