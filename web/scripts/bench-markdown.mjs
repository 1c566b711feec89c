// What a streamed answer costs the page: frames, long tasks and main-thread time while 2,000 tokens arrive at 200 a second,
/* global window, document, requestAnimationFrame, PerformanceObserver, CustomEvent, setTimeout */
// beside an idle page; and that no hostile payload reaches outside. Needs Chromium (CHROMIUM, /usr/bin/chromium).
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { startGallery } from "./gallery.mjs";

const seconds = Number(process.env.SECONDS ?? 10);
const gallery = await startGallery();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

/** Counts frames and tasks over 50 ms from now on. */
function watch() {
  window.seen = { frames: 0, tasks: [] };
  new PerformanceObserver((list) => window.seen.tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
  requestAnimationFrame(function count() {
    window.seen.frames += 1;
    requestAnimationFrame(count);
  });
}

async function measure(query) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(watch);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const busy = async () => (await session.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration").value;
  await page.goto(`${gallery.address}/?${query}`);
  // Loading is another budget's matter.
  await page.waitForTimeout(1500);
  await page.evaluate(() => {
    window.seen.frames = 0;
    window.seen.tasks = [];
    document.dispatchEvent(new Event("start"));
  });
  const [before, start] = [await busy(), Date.now()];
  await page.waitForTimeout(seconds * 1000);
  const seen = await page.evaluate(() => window.seen);
  const elapsed = (Date.now() - start) / 1000;
  const used = (await busy()) - before;
  const length = await page.evaluate(() => document.querySelector(".md")?.textContent.length ?? 0);
  await page.close();
  return { "frames/s": (seen.frames / elapsed).toFixed(1), "tasks > 50 ms": seen.tasks.length, "longest ms": Math.round(Math.max(0, ...seen.tasks)), "main thread %": ((used / elapsed) * 100).toFixed(1), characters: length };
}

const table = { idle: await measure("sample=ja&until=0") };
for (const sample of ["long-ja", "long-code", "long-list", "long-table"]) table[sample] = await measure(`sample=${sample}&rate=800&wait=1`);
console.table(table);

const payloads = JSON.parse(readFileSync(new URL("../src/test/hostile-markdown.json", import.meta.url), "utf8"));
const outside = [];
let shown = "";
const context = await browser.newContext();
const page = await context.newPage();
page.on("request", (request) => {
  if (!request.url().startsWith(gallery.address) && !request.url().startsWith("blob:")) outside.push(`${shown}: ${request.url()}`);
});
page.on("dialog", (dialog) => {
  outside.push(`dialog ${dialog.message()}`);
  void dialog.dismiss();
});
page.on("console", (message) => {
  if (/Content Security Policy|Trusted/i.test(message.text())) outside.push(`${shown}: ${message.text().slice(0, 200)}`);
});
page.on("pageerror", (error) => outside.push(`error ${error.message}`));
await page.goto(`${gallery.address}/?until=0`);
let slowest = { name: "", ms: 0 };
for (const { name, text } of payloads) {
  const before = Date.now();
  shown = name;
  await page.evaluate((value) => document.dispatchEvent(new CustomEvent("show", { detail: value })), text);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0))));
  if (Date.now() - before > slowest.ms) slowest = { name, ms: Date.now() - before };
  if (name.startsWith("diagram")) await page.waitForTimeout(400);
}
console.log(`${payloads.length} hostile payloads: ${outside.length} reached outside or broke a rule; slowest ${slowest.name} ${slowest.ms} ms`);
for (const line of outside) console.log(`  ${line}`);
await browser.close();
gallery.close();
process.exit(outside.length > 0 ? 1 : 0);
