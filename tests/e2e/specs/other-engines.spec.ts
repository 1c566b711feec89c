import { createServer, request as pass } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test as base } from "../support/fixtures.ts";
import { start, type Engine, type EngineName } from "../support/engines.ts";
import { oneLine } from "../support/chat.ts";

// What differs between browsers: policies, streams, frames, focus. All else is tried in Chromium.

const test = base.extend<{ engine: Engine; engineName: EngineName }>({
  engineName: ["Firefox", { option: true }],
  engine: async ({ engineName }, use) => {
    const engine = await start(engineName);
    await use(engine);
    await engine.close();
  },
});

const shows = (engine: Engine, ask: () => unknown, timeout = 40_000) => expect.poll(() => engine.read(ask), { timeout });
const composerIsThere = () => document.activeElement?.tagName === "TEXTAREA";
const isWriting = () => document.querySelector("article[aria-busy=true]") !== null;
const shown = () => [...document.querySelectorAll<HTMLElement>("article .md")].at(-1)?.innerText ?? "";

async function signIn(engine: Engine, url: string, { username, password }: { username: string; password: string }): Promise<void> {
  await engine.go(url);
  await shows(engine, () => document.querySelector("input[type=password]") !== null).toBe(true);
  await engine.click("input[autocomplete~=username]");
  await engine.type(username);
  await engine.click("input[type=password]");
  await engine.type(password);
  await engine.press("Enter");
  await shows(engine, composerIsThere).toBe(true);
}

for (const engineName of ["Firefox", "WebKit"] as const) {
  test.describe(engineName, () => {
    test.use({ engineName });

    test("a question is typed and its answer drawn with code, formula and diagram", async ({ engine, kaiwa, person }) => {
      await signIn(engine, kaiwa.url, person);
      await engine.read(() => {
        const watched = globalThis as unknown as { wrong: string[] };
        watched.wrong = [];
        // A size that is told one frame later is no fault: the browser says so as an error without one.
        addEventListener("error", (event) => event.message.startsWith("ResizeObserver loop") || watched.wrong.push(event.message));
        addEventListener("unhandledrejection", (event) => watched.wrong.push(String(event.reason)));
        addEventListener("securitypolicyviolation", (event) => watched.wrong.push(`${event.effectiveDirective} ${event.blockedURI}`));
      });
      await engine.type("**太字** `code` $x^2$");
      await engine.press("Enter");
      await shows(engine, () => document.querySelector("article .md strong")?.textContent).toBe("太字");
      await shows(engine, () => document.querySelector("article .md .katex") !== null).toBe(true);

      await engine.read(() => {
        const composer = document.querySelector("textarea");
        if (!composer) throw new Error("no composer");
        Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value")?.set?.call(composer, "```mermaid\ngraph TD; A-->B\n```\n\n```js\nconst x = 1;\n```");
        composer.dispatchEvent(new Event("input", { bubbles: true }));
        composer.focus();
      });
      await engine.press("Enter");
      await shows(engine, () => document.querySelector(".md-diagram img") !== null).toBe(true);
      await shows(engine, () => document.querySelector("article .md pre [class*=hljs-keyword]")?.textContent).toBe("const");
      expect(await engine.read(() => (globalThis as unknown as { wrong: string[] }).wrong)).toEqual([]);
    });

    test("the frame of diagrams runs behind a proxy that hides its name", async ({ engine, kaiwa }) => {
      const proxy = createServer((request, response) => {
        const headers = { ...request.headers, host: new URL(kaiwa.url).host };
        const onward = pass(kaiwa.url + (request.url ?? ""), { method: request.method, headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        });
        onward.on("error", () => response.destroy());
        request.pipe(onward);
      });
      await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
      try {
        await engine.go(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/login`);
        await engine.read(() => {
          const told = globalThis as unknown as { ready: boolean };
          addEventListener("message", ({ data }: MessageEvent<{ type: string }>) => (told.ready = data.type === "ready"));
          const frame = document.createElement("iframe");
          frame.setAttribute("sandbox", "allow-scripts");
          frame.src = `/mermaid-frame.html?host=${encodeURIComponent(location.host)}`;
          document.body.append(frame);
        });
        await shows(engine, () => (globalThis as unknown as { ready?: boolean }).ready).toBe(true);
      } finally {
        proxy.close();
        proxy.closeAllConnections();
      }
    });

    test("an answer goes on over a reload, is stopped, and is what the server kept", async ({ engine, kaiwa, person }) => {
      const made = await person.api.post("/api/threads", { data: { settings: { model: "local/endless" } } });
      const { id } = (await made.json()) as { id: string };
      await signIn(engine, kaiwa.url, person);
      await engine.go(`${kaiwa.url}/t/${id}`);
      await shows(engine, composerIsThere).toBe(true);
      await engine.type("途中で読み直す");
      await engine.press("Enter");
      await shows(engine, shown).toMatch(/語{20}/);
      const before = (await engine.read(shown)).length;
      await engine.go(`${kaiwa.url}/t/${id}`);
      await shows(engine, isWriting).toBe(true);
      await expect.poll(async () => (await engine.read(shown)).length, { timeout: 40_000 }).toBeGreaterThan(before + 20);
      await engine.click("button[aria-label=停止], button[aria-label=Stop]");
      await shows(engine, isWriting).toBe(false);
      const kept = (await (await person.api.get(`/api/threads/${id}/messages`)).json()) as { items: { state: string; text: string }[] };
      expect(kept.items.at(-1)?.state).toBe("stopped");
      expect(oneLine(await engine.read(shown)).replaceAll(" ", "")).toBe(oneLine(kept.items.at(-1)?.text ?? "").replaceAll(" ", ""));
    });
  });
}
