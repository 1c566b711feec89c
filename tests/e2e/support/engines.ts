import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "puppeteer-core";
import { Builder, Capabilities, Key } from "selenium-webdriver";
import { Process } from "./process.ts";

/** A browser other than Chromium, as far as a test needs one: an empty profile, one window. */
export interface Engine {
  go(address: string): Promise<unknown>;
  /** Runs `ask` in the page; it may use nothing of the test. */
  read<T>(ask: () => T | Promise<T>): Promise<T>;
  /** Types into what has the focus. */
  type(text: string): Promise<void>;
  press(key: "Enter"): Promise<void>;
  click(selector: string): Promise<void>;
  close(): Promise<void>;
}

export type EngineName = "Firefox" | "WebKit";

export function start(name: EngineName): Promise<Engine> {
  return name === "Firefox" ? startFirefox() : startWebKit();
}

/** Debian's Firefox, over WebDriver BiDi. */
async function startFirefox(): Promise<Engine> {
  const browser = await launch({ browser: "firefox", executablePath: "/usr/bin/firefox-esr", headless: true, extraPrefsFirefox: { "intl.accept_languages": "ja" } });
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: 1200, height: 800 });
    return {
      go: (address) => page.goto(address),
      read: (ask) => page.evaluate(ask),
      type: (text) => page.keyboard.type(text),
      press: (key) => page.keyboard.press(key),
      click: (selector) => page.locator(selector).click(),
      close: () => browser.close(),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/** WebKitGTK's small browser by its WebDriver, on a screen that nobody sees: the engine of Safari, not its interface. */
async function startWebKit(): Promise<Engine> {
  const port = await freePort();
  const home = await mkdtemp(join(tmpdir(), "kaiwa-webkit-"));
  const { process: screen, match } = await startScreen();
  const env = { PATH: process.env.PATH, HOME: home, DISPLAY: `:${match[1] ?? ""}`, LIBGL_ALWAYS_SOFTWARE: "1" };
  const driver = spawn("/usr/bin/WebKitWebDriver", [`--port=${port}`], { env, stdio: "ignore" });
  const close = async () => {
    driver.kill();
    await screen.stop();
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  try {
    await isListening(port);
    const wanted = new Capabilities({ browserName: "MiniBrowser", "webkitgtk:browserOptions": { binary: miniBrowser, args: ["--automation"] } });
    const browser = await new Builder().usingServer(`http://127.0.0.1:${port}`).withCapabilities(wanted).build();
    const keys = { Enter: Key.ENTER };
    return {
      go: (address) => browser.get(address),
      read: (ask) => browser.executeScript(ask),
      type: (text) => browser.actions().sendKeys(text).perform(),
      press: (key) => browser.actions().sendKeys(keys[key]).perform(),
      click: async (selector) => (await browser.findElement({ css: selector })).click(),
      close: async () => {
        await browser.quit();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const miniBrowser = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/webkit2gtk-4.1/MiniBrowser`;

/** X itself finds a display that is free, and says which. */
function startScreen(): Promise<{ process: Process; match: RegExpMatchArray }> {
  return Process.start("/usr/bin/Xvfb", ["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"], { PATH: process.env.PATH }, /^(\d+)$/);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}

async function isListening(port: number): Promise<void> {
  for (const deadline = Date.now() + 15_000; ; ) {
    if (await fetch(`http://127.0.0.1:${port}/status`).then((answer) => answer.ok, () => false)) return;
    if (Date.now() > deadline) throw new Error("WebKitWebDriver did not start");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
