import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test as base, expect, type Page } from "@playwright/test";
import { Chat } from "../support/chat.ts";
import { askQuietly, makeThread, watch } from "../support/fixtures.ts";
import { administrator, Kaiwa } from "../support/kaiwa.ts";
import { ModelServer } from "../support/modelServer.ts";

const turns = 5_000;

const test = base.extend<{ kaiwa: Kaiwa }>({
  kaiwa: async ({}, use) => {
    const models = await ModelServer.start({});
    const kaiwa = await Kaiwa.start({ models: models.url, defaultModel: "local/echo", administrator });
    await use(kaiwa);
    await kaiwa.stop();
    await models.stop();
  },
});

/** Numbers of the questions in the document, in its order. */
const numbers = (page: Page) =>
  page.getByRole("article", { name: "あなた" }).evaluateAll((all) => all.map((article) => Number(/質問 (\d+)/.exec(article.textContent)?.[1])));

test("a thread of 10,000 messages opens at its end, keeps the document small and reads back without a jump", async ({ page, context, kaiwa }) => {
  const api = await kaiwa.signIn(administrator);
  const thread = await makeThread(api, "local/echo", "一万件のメッセージ");
  await askQuietly(api, thread, "質問 1: ");
  await askQuietly(api, thread, "質問 2: ");
  await context.addCookies((await api.storageState()).cookies);
  await api.dispose();
  await kaiwa.pause();
  execFileSync("python3", [fileURLToPath(new URL("../support/lengthen_thread.py", import.meta.url)), kaiwa.database, thread, String(turns)]);
  await kaiwa.again();
  const wrong = await watch(context, kaiwa.url);

  const chat = new Chat(page);
  await page.goto(kaiwa.url);
  await expect(chat.composer).toBeVisible();
  await page.locator(`nav a[href="/t/${thread}"]`).click();
  const newest = chat.answers.filter({ hasText: `質問 ${turns}:` });
  await expect(newest).toBeInViewport();
  expect(await page.getByRole("article").count(), "articles in the document").toBeLessThan(80);

  const log = page.getByRole("log");
  const fromEnd = () => log.evaluate((element) => element.scrollHeight - element.clientHeight - element.scrollTop);
  expect(await fromEnd()).toBeLessThan(60);

  // Reading back: older pages come in above, and what is being read stays where it is.
  await log.hover();
  for (let step = 0; step < 25; step += 1) {
    await page.mouse.wheel(0, -1_500);
    await page.waitForTimeout(60);
    const seen = await numbers(page);
    expect(seen, "no question is missing or doubled between two that are shown").toEqual(Array.from(seen, (_, index) => (seen[0] ?? 0) + index));
    expect(seen.length).toBeLessThan(60);
  }
  expect(Math.min(...(await numbers(page)))).toBeLessThan(turns - 100);
  const place = () =>
    log.evaluate((element) => {
      const top = element.getBoundingClientRect().top;
      const first = [...element.querySelectorAll("article")].find((article) => article.getBoundingClientRect().bottom > top + 100);
      return { text: first?.textContent.slice(0, 40), top: Math.round(first?.getBoundingClientRect().top ?? 0) };
    });
  await page.waitForTimeout(500);
  const before = await place();
  await page.waitForTimeout(700);
  const after = await place();
  expect(after.text).toBe(before.text);
  expect(Math.abs(after.top - before.top)).toBeLessThanOrEqual(1);

  await page.getByRole("button", { name: "最新のメッセージへ" }).click();
  await expect(newest).toBeInViewport();
  expect(wrong()).toEqual([]);
});
