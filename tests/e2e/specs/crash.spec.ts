import { test as base, expect } from "@playwright/test";
import { Chat, oneLine } from "../support/chat.ts";
import { makeThread, storedMessages } from "../support/fixtures.ts";
import { administrator, Kaiwa } from "../support/kaiwa.ts";
import { ModelServer } from "../support/modelServer.ts";

const test = base.extend<{ kaiwa: Kaiwa }>({
  kaiwa: async ({}, use) => {
    const models = await ModelServer.start({ slow: "stream?tokens=1000&rate=40&stamp" });
    const kaiwa = await Kaiwa.start({ models: models.url, administrator });
    await use(kaiwa);
    await kaiwa.stop();
    await models.stop();
  },
});

test("a killed server is said in one calm line, and what was written is there when it is back", async ({ page, context, kaiwa }) => {
  const api = await kaiwa.signIn(administrator);
  await context.addCookies((await api.storageState()).cookies);
  const thread = await makeThread(api, "local/slow");
  const chat = new Chat(page);
  await page.goto(`${kaiwa.url}/t/${thread}`);
  await chat.ask("数えて");
  await expect.poll(async () => (await chat.shown()).length).toBeGreaterThan(400);

  await kaiwa.kill();
  await expect(page.getByText(/サーバーとの接続が切れています/)).toBeVisible({ timeout: 15_000 });
  const before = await chat.shown();
  await kaiwa.again();
  await expect(page.getByText(/サーバーとの接続が切れています/)).toBeHidden({ timeout: 30_000 });
  await expect(chat.answers.last().getByText(/サーバーが再起動しました/)).toBeVisible({ timeout: 15_000 });

  const stored = (await storedMessages(api, thread)).at(-1);
  expect(stored?.state).toBe("interrupted");
  await chat.shows(oneLine(stored?.text ?? ""));
  // Written behind the sending by at most 250 ms: ten tokens at this pace, and what was on its way.
  expect(before.length - oneLine(stored?.text ?? "").length).toBeLessThan(21 * 20);
  await api.dispose();
});
