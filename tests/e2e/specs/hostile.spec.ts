import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { test as base, expect } from "@playwright/test";
import { Chat } from "../support/chat.ts";
import { askQuietly, makeThread, watch } from "../support/fixtures.ts";
import { hostileAnswers } from "../support/hostile.ts";
import { administrator, Kaiwa } from "../support/kaiwa.ts";
import { ModelServer } from "../support/modelServer.ts";

const perThread = 10;

const test = base.extend<{ kaiwa: Kaiwa }>({
  kaiwa: async ({}, use) => {
    const texts = join(tmpdir(), `kaiwa-e2e-${randomUUID()}.json`);
    await writeFile(texts, JSON.stringify(hostileAnswers));
    const named = hostileAnswers.map((_, index) => [`h${index}`, `markdown?n=${index}`]);
    const streamed = hostileAnswers.map((_, index) => [`s${index}`, `markdown?n=${index}&rate=150&token_bytes=7`]);
    const models = await ModelServer.start(Object.fromEntries([...named, ...streamed]) as Record<string, string>, { texts });
    const kaiwa = await Kaiwa.start({ models: models.url, administrator });
    await use(kaiwa);
    await kaiwa.stop();
    await models.stop();
  },
});

test("100 hostile answers reach nobody and run nothing, as they are written and when they are read again", async ({ page, context, kaiwa }) => {
  test.setTimeout(180_000);
  expect(hostileAnswers).toHaveLength(100);
  const api = await kaiwa.signIn(administrator);
  await context.addCookies((await api.storageState()).cookies);
  const wrong = await watch(context, kaiwa.url);
  const chat = new Chat(page);

  for (let first = 0; first < hostileAnswers.length; first += perThread) {
    const thread = await makeThread(api, `local/h${first}`);
    for (let index = first; index < first + perThread - 1; index += 1) await askQuietly(api, thread, `質問 ${index}`, `local/h${index}`);
    // The last of each ten is seen while it is written: half-written Markdown is another surface.
    await api.patch(`/api/threads/${thread}`, { data: { settings: { model: `local/s${first + perThread - 1}` } } });
    await page.goto(`${kaiwa.url}/t/${thread}`);
    await chat.ask("最後の質問");
    await chat.ended(20_000);
    // Everything of the thread comes into view once, so that everything is rendered.
    const log = page.getByRole("log");
    for (let step = 0; step < 40; step += 1) {
      const top = await log.evaluate((element) => {
        element.scrollTop -= element.clientHeight * 0.8;
        return element.scrollTop;
      });
      await page.waitForTimeout(40);
      if (top <= 0) break;
    }
    expect(wrong(), `answers ${first} to ${first + perThread - 1}`).toEqual([]);
    // A picture may name the address in its description; nothing may load it.
    const loaded = await page.evaluate(() =>
      [...document.querySelectorAll("img, source, iframe, object, embed, link, script, video, audio")].flatMap((element) =>
        ["src", "srcset", "href", "data", "srcdoc", "poster", "style"].map((name) => element.getAttribute(name) ?? "").filter((value) => value.includes("away.example")),
      ),
    );
    expect(loaded).toEqual([]);
    const links = await log.locator("a").evaluateAll((all) => all.map((link) => new URL((link as HTMLAnchorElement).href).protocol));
    expect(links.filter((protocol) => !["http:", "https:", "mailto:"].includes(protocol))).toEqual([]);
  }
  await api.dispose();
});
