import type { Page } from "@playwright/test";
import { Chat } from "../support/chat.ts";
import { expect, makeThread, test } from "../support/fixtures.ts";

/** What gateways do to the lines between the page and the server. */
const gateways: Record<string, (page: Page) => Promise<void>> = {
  "refuses sockets": (page) => page.routeWebSocket(/\/api\/ws/, (socket) => void socket.close()),
  "opens sockets and passes nothing on": (page) => page.routeWebSocket(/\/api\/ws/, () => undefined),
  "refuses sockets and holds streams back": async (page) => {
    await page.routeWebSocket(/\/api\/ws/, (socket) => void socket.close());
    await page.route("**/api/generations/*/events", async (route) => {
      // Never answered: all of it would come at the end.
      if (route.request().headers().accept !== "text/event-stream") await route.continue();
    });
  },
};

for (const [name, play] of Object.entries(gateways)) {
  test(`an answer is seen being written behind a gateway that ${name}`, async ({ page, person }) => {
    await play(page);
    const chat = new Chat(page);
    await chat.open(await makeThread(person.api, "local/endless"));
    await chat.ask("長い話を");
    await expect(page.locator(".md"), "text is there within seconds").toContainText("語語語", { timeout: 12_000 });
    const before = (await chat.shown()).length;
    await expect.poll(async () => (await chat.shown()).length, { message: "and it grows" }).toBeGreaterThan(before + 30);
    await expect(page.getByText("サーバーとの接続が切れています"), "nobody is told of what is not bad").toHaveCount(0);

    await page.reload();
    await expect.poll(async () => (await chat.shown()).length, { timeout: 8_000 }).toBeGreaterThan(before + 30);
    await chat.stop.click();
    await expect(page.getByText("停止しました。")).toBeVisible();
  });
}
