// Measures the page in Chromium: weight, time to a usable composer, frames and long tasks while
// 2,000 tokens arrive at 200 a second, and how soon the end of 10,000 messages is seen.
//
//   node bench/page.mjs --url http://127.0.0.1:8080 --user bench --password … --key kw_… --model bench/stream;…
//
// Prints one line of JSON. Every wait has an end.
import { createRequire } from "node:module";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";

const require = createRequire(fileURLToPath(new URL("../tests/e2e/package.json", import.meta.url)));
const { chromium } = require("@playwright/test");

const args = Object.fromEntries(
  process.argv.slice(2).flatMap((arg, i, all) => (arg.startsWith("--") ? [[arg.slice(2), all[i + 1]]] : [])),
);
const messages = Number(args.messages ?? 10_000);
const headers = { authorization: `Bearer ${args.key}`, "content-type": "application/json" };

async function api(method, path, body) {
  const response = await fetch(args.url + path, { method, headers, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? null : response.json();
}

/** Fills a thread through the API: each turn is a question and its short answer. */
async function makeLongThread() {
  const thread = await api("POST", "/api/threads", {});
  for (let i = 0; i < messages / 2; i++) {
    const response = await fetch(`${args.url}/api/threads/${thread.id}/turns`, {
      method: "POST",
      headers: { ...headers, accept: "text/event-stream" },
      body: JSON.stringify({ message: { id: randomUUID(), text: `question ${i}` }, model: args.short }),
    });
    await response.text();
  }
  return thread.id;
}

const countFrames = () => {
  const seen = { frames: 0, slow: 0, long: [], last: 0, begun: performance.now() };
  globalThis.__seen = seen;
  new PerformanceObserver((list) => seen.long.push(...list.getEntries().map((entry) => entry.duration))).observe({ entryTypes: ["longtask"] });
  const frame = (time) => {
    if (seen.last && time - seen.last > 50) seen.slow++;
    seen.last = time;
    seen.frames++;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
};
const report = () => {
  const { frames, slow, long, begun } = globalThis.__seen;
  return { fps: (frames * 1000) / (performance.now() - begun), slow, long: long.length, longest: Math.max(0, ...long) };
};

const browser = await chromium.launch({ executablePath: args.chromium ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const result = {};
try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, baseURL: args.url, locale: "en-US" });
  context.setDefaultTimeout(60_000);
  const signedIn = await context.request.post("/api/session", {
    data: { username: args.user, password: args.password },
    headers: { origin: args.url },
  });
  if (!signedIn.ok()) throw new Error(`sign-in: ${signedIn.status()}`);

  // First load.
  let page = await context.newPage();
  const sizes = [];
  page.on("requestfinished", async (request) => sizes.push([request.url(), (await request.sizes()).responseBodySize]));
  const begun = Date.now();
  await page.goto("/");
  await page.getByRole("textbox").first().waitFor();
  result.usable_ms = Date.now() - begun;
  await page.waitForTimeout(500);
  result.requests = sizes.length;
  result.javascript_kb = sizes.filter(([url]) => url.endsWith(".js")).reduce((sum, [, size]) => sum + size, 0) / 1024;
  await page.evaluate(countFrames);
  await page.waitForTimeout(3000);
  result.idle = await page.evaluate(report);
  await page.close();

  // 2,000 tokens at 200 a second.
  const thread = await api("POST", "/api/threads", { settings: { model: args.model } });
  page = await context.newPage();
  await page.goto(`/t/${thread.id}`);
  const composer = page.getByRole("textbox").last();
  await composer.fill("go");
  await page.evaluate(countFrames);
  await composer.press("Enter");
  const asked = Date.now();
  for (;;) {
    const { items } = await api("GET", `/api/threads/${thread.id}/messages?limit=1`);
    if (items[0]?.role === "assistant" && items[0].state !== "pending") break;
    if (Date.now() - asked > 60_000) throw new Error("the answer did not end");
    await page.waitForTimeout(100);
  }
  result.streaming = await page.evaluate(report);
  await page.close();

  // A long thread.
  const long = await makeLongThread();
  page = await context.newPage();
  await page.goto("/");
  await page.getByRole("textbox").first().waitFor();
  await page.evaluate(countFrames);
  const opened = Date.now();
  await page.goto(`/t/${long}`);
  await page.getByText(`question ${messages / 2 - 1}`, { exact: true }).first().waitFor();
  result.long_thread_ms = Date.now() - opened;
  const server = performance.now();
  await api("GET", `/api/threads/${long}/messages`);
  result.long_thread_server_ms = performance.now() - server;
} finally {
  await browser.close();
}
console.log(JSON.stringify(result));
