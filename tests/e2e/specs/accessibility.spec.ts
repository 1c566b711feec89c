import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { Chat } from "../support/chat.ts";
import { askQuietly, expect, makeThread, test } from "../support/fixtures.ts";

const answer = "# 見出し\n\n**太字**と[リンク](https://example.com)と`code`。\n\n- 一\n- 二\n\n| 列 | 数 |\n| --- | ---: |\n| あ | 1 |\n\n```ts\nconst x: number = 1;\n```\n\n> 引用\n";

async function serious(page: Page): Promise<unknown[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => ({ id, where: nodes.map(({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary ?? ""}`) }));
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test("signed-out pages", async ({ page }) => {
      for (const path of ["/login", "/setup", "/nowhere/at/all"]) {
        await page.goto(path);
        await expect(page.getByRole("heading").first()).toBeVisible();
        expect(await serious(page), path).toEqual([]);
      }
      await page.goto("/login");
      await page.getByRole("button", { name: "サインイン" }).click();
      await expect(page.getByRole("alert")).toBeVisible();
      expect(await serious(page), "a form with an error").toEqual([]);
    });

    test("the chat", async ({ page, person }) => {
      const thread = await makeThread(person.api, "local/echo", "読みやすさ");
      await askQuietly(person.api, thread, answer);
      await page.goto("/");
      const chat = new Chat(page);
      await expect(chat.composer).toBeVisible();
      expect(await serious(page), "an empty chat").toEqual([]);
      await chat.open(thread);
      await expect(page.getByRole("log").getByRole("table")).toBeVisible();
      await chat.answers.last().hover();
      expect(await serious(page), "an answer").toEqual([]);
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").fill("見出し");
      await expect(page.getByRole("option").first()).toBeVisible();
      expect(await serious(page), "the search").toEqual([]);
      await page.keyboard.press("Escape");
      await page.locator(`nav a[href="/t/${thread}"]`).hover();
      await page.getByRole("button", { name: /の操作$/ }).first().click();
      await expect(page.getByRole("menuitem").first()).toBeVisible();
      expect(await serious(page), "the menu of a thread").toEqual([]);
    });

    test("settings", async ({ page, person }) => {
      void person;
      await page.goto("/settings");
      await expect(page.getByRole("main").getByRole("heading").first()).toBeVisible();
      expect(await serious(page)).toEqual([]);
    });

    test("administration", async ({ page, context, keeper }) => {
      await context.addCookies((await keeper.storageState()).cookies);
      await page.goto("/admin/users");
      await page.getByRole("button", { name: "keeperを編集" }).click();
      expect(await serious(page), "users").toEqual([]);
      await page.goto("/admin/models");
      await page.getByRole("button", { name: "localを開く" }).click();
      expect(await serious(page), "models").toEqual([]);
    });

    test("on a phone", async ({ page, person }) => {
      await page.setViewportSize({ width: 390, height: 844 });
      const thread = await makeThread(person.api, "local/echo", "電話");
      await askQuietly(person.api, thread, answer);
      await new Chat(page).open(thread);
      await expect(page.getByRole("log").getByRole("table")).toBeVisible();
      expect(await serious(page), "the chat").toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page never scrolls sideways").toBe(true);
      await page.getByRole("button", { name: "サイドバーを開く" }).click();
      await expect(page.locator(`a[href="/t/${thread}"]`)).toBeVisible();
      expect(await serious(page), "the drawer").toEqual([]);
    });
  });
}

test("at 200 % zoom no page scrolls sideways", async ({ page, context, keeper }) => {
  await context.addCookies((await keeper.storageState()).cookies);
  // What a window of 1440 × 900 has left.
  await page.setViewportSize({ width: 720, height: 450 });
  for (const path of ["/", "/settings/account", "/admin/users", "/admin/models"]) {
    await page.goto(path);
    await expect(page.getByRole("main")).toBeVisible();
    if (path.endsWith("models")) {
      await page.getByRole("button", { name: "localを開く" }).click();
      await expect(page.getByRole("heading", { name: "様子" })).toBeVisible();
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), path).toBe(true);
  }
});

test("the size of text that a person set in the browser counts for all of it", async ({ page, person }) => {
  const thread = await makeThread(person.api, "local/echo", "大きな文字");
  await askQuietly(person.api, thread, answer);
  for (const path of [`/t/${thread}`, "/settings/account", "/settings/keys"]) {
    await page.goto(path);
    await expect(page.getByRole("main").getByRole("heading").first()).toBeVisible();
    if (path.startsWith("/t")) await expect(page.getByRole("log").getByRole("table")).toBeVisible();
    const left = await page.evaluate(() => {
      const texts = [...document.querySelectorAll("body *")].filter(({ childNodes, localName }) => localName === "textarea" || localName === "input" || [...childNodes].some(({ nodeType, nodeValue }) => nodeType === Node.TEXT_NODE && nodeValue?.trim()));
      const size = (element: Element) => parseFloat(getComputedStyle(element).fontSize);
      const before = texts.map(size);
      document.documentElement.style.fontSize = "200%";
      return texts.filter((element, index) => size(element) < 1.9 * (before[index] ?? 0)).map((element) => `${element.localName}: ${element.textContent}`);
    });
    expect(left, path).toEqual([]);
  }
});
