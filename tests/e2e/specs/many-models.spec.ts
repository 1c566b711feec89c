import { test as base, expect } from "@playwright/test";
import { Chat } from "../support/chat.ts";
import { makeThread } from "../support/fixtures.ts";
import { administrator, Kaiwa } from "../support/kaiwa.ts";
import { ModelServer } from "../support/modelServer.ts";

const nameOf = (index: number) => `vendor-of-models/family-of-models-instruct-2026-11-with-a-long-name-${index}`;

const test = base.extend<{ kaiwa: Kaiwa }>({
  kaiwa: async ({}, use) => {
    const models = await ModelServer.start(Object.fromEntries(Array.from({ length: 60 }, (_, index) => [nameOf(index), "echo"])));
    const kaiwa = await Kaiwa.start({ models: models.url, administrator });
    await use(kaiwa);
    await kaiwa.stop();
    await models.stop();
  },
});

test("of many models the list shows the chosen one, and each by its whole name", async ({ page, context, kaiwa }) => {
  const api = await kaiwa.signIn(administrator);
  await context.addCookies((await api.storageState()).cookies);
  const thread = await makeThread(api, `local/${nameOf(48)}`, "長い名前のモデル");
  const chat = new Chat(page);
  await page.goto(`${kaiwa.url}/t/${thread}`);
  await expect(chat.composer).toBeVisible();
  await page.getByRole("button", { name: `モデル: ${nameOf(48)}` }).click();
  const chosen = page.getByRole("menuitemradio", { name: nameOf(48), exact: true });
  await expect(page.getByRole("searchbox", { name: "モデルを絞り込む" })).toBeFocused();
  await expect(chosen).toBeChecked();
  await expect(chosen).toBeInViewport({ ratio: 1 });
  expect(await chosen.getByText(nameOf(48)).evaluate(({ scrollWidth, clientWidth, scrollHeight, clientHeight }) => scrollWidth <= clientWidth && scrollHeight <= clientHeight), "nothing is cut off").toBe(true);
  await api.dispose();
});
