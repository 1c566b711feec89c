import { defineConfig } from "@playwright/test";

/** Debian's Chromium, or the one that is named. */
const executablePath = process.env.KAIWA_CHROMIUM ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: "specs",
  outputDir: "test-results",
  // Two cores: the browser, Kaiwa and the model server share them.
  workers: 2,
  fullyParallel: true,
  // A second try for what a busy machine broke; run.sh names the tests that needed it.
  retries: 1,
  timeout: 90_000,
  globalTimeout: 10 * 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: process.env.CI !== undefined,
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    viewport: { width: 1440, height: 900 },
    locale: "ja-JP",
    timezoneId: "Asia/Tokyo",
    trace: "off",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath,
      // Chromium has no sandbox for root, which CI often is.
      args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    },
  },
});
