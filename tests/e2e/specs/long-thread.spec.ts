import { randomUUID } from "node:crypto";
import type { Page } from "@playwright/test";
import { Chat } from "../support/chat.ts";
import { expect, makeThread, test } from "../support/fixtures.ts";

const turns = 5_000;

/** Numbers of the questions in the document, in its order. */
const numbers = (page: Page) =>
  page.getByRole("article", { name: "あなた" }).evaluateAll((all) => all.map((article) => Number(/質問 (\d+)/.exec(article.textContent)?.[1])));

test("a thread of 10,000 messages opens at its end, keeps the document small and reads back without a jump", async ({ page, person, kaiwa }) => {
  test.setTimeout(180_000);
  const thread = await makeThread(person.api, "local/quick", "一万件のメッセージ");
  const cookie = (await person.api.storageState()).cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  for (let turn = 1; turn <= turns; turn += 1) {
    const answer = await fetch(`${kaiwa.url}/api/threads/${thread}/turns`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream", origin: kaiwa.url, cookie },
      body: JSON.stringify({ message: { id: randomUUID(), text: `質問 ${turn}: ${"続き。".repeat(turn % 40)}` } }),
    });
    const events = await answer.text();
    if (!events.includes("event: done")) throw new Error(`turn ${turn}: ${answer.status} ${events.slice(-300)}`);
  }

  const chat = new Chat(page);
  await page.goto("/");
  await expect(chat.composer).toBeVisible();
  const started = Date.now();
  await page.locator(`nav a[href="/t/${thread}"]`).click();
  await expect(page.getByText(`質問 ${turns}:`)).toBeInViewport();
  await expect(chat.answers.last()).toBeInViewport();
  expect(Date.now() - started, "milliseconds from the click to the end of the thread").toBeLessThan(3_000);
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
  await expect(page.getByText(`質問 ${turns}:`)).toBeInViewport();
});
