import { randomUUID } from "node:crypto";
import { test as base, expect, type APIRequestContext, type BrowserContext } from "@playwright/test";
import { administrator, Kaiwa } from "./kaiwa.ts";
import { ModelServer } from "./modelServer.ts";

/** What the models of the shared server do. */
const behaviours = {
  quick: "stream?tokens=12&chunk=語",
  /** Every token is different, so a lost, doubled or swapped one is seen. Runs until it is stopped. */
  stamps: "stream?tokens=20000&rate=40&stamp",
  /** Runs for two seconds. */
  brief: "stream?tokens=60&rate=30&chunk=語",
  /** As stamps, of one character. */
  endless: "stream?tokens=20000&rate=30&chunk=%E8%AA%9E",
};

interface Person {
  username: string;
  password: string;
  api: APIRequestContext;
}

interface WorkerFixtures {
  models: ModelServer;
  kaiwa: Kaiwa;
  keeper: APIRequestContext;
}

interface Fixtures {
  /** Somebody of this test alone, signed in on `page`. */
  person: Person;
  /** Fails the test when a page reports a broken policy, asks another origin or throws. */
  watched: void;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  models: [
    async ({}, use) => {
      const server = await ModelServer.start(behaviours);
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  kaiwa: [
    async ({ models }, use) => {
      const kaiwa = await Kaiwa.start({ models: models.url, defaultModel: "local/echo", administrator });
      await use(kaiwa);
      await kaiwa.stop();
    },
    { scope: "worker" },
  ],
  keeper: [
    async ({ kaiwa }, use) => {
      const keeper = await kaiwa.signIn(administrator);
      await use(keeper);
      await keeper.dispose();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ kaiwa }, use) => use(kaiwa.url),
  person: async ({ kaiwa, keeper, context }, use) => {
    const credentials = { username: `p-${randomUUID().slice(0, 8)}`, password: "a password of this person" };
    const made = await keeper.post("/api/admin/users", { data: { ...credentials, role: "user" } });
    expect(made.status(), await made.text()).toBe(201);
    const api = await kaiwa.signIn(credentials);
    await context.addCookies((await api.storageState()).cookies);
    await use({ ...credentials, api });
    await api.dispose();
  },
  watched: [
    async ({ context, baseURL }, use) => {
      const wrong = await watch(context, baseURL ?? "");
      await use();
      expect(wrong(), "policy reports, requests to other origins and errors of the page").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Collects what no page of Kaiwa may ever do. Returns how to read it. */
export async function watch(context: BrowserContext, origin: string): Promise<() => string[]> {
  const wrong: string[] = [];
  const host = new URL(origin).host;
  await context.exposeBinding("reportPolicy", (_source, report: string) => void wrong.push(`policy: ${report}`));
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      const report = `${event.effectiveDirective} ${event.blockedURI} ${event.sample}`;
      (globalThis as unknown as { reportPolicy: (text: string) => void }).reportPolicy(report);
    });
  });
  context.on("console", (message) => {
    if (/Content Security Policy|TrustedHTML|TrustedScript/.test(message.text())) wrong.push(`console: ${message.text()}`);
  });
  context.on("weberror", (error) => void wrong.push(`error: ${error.error().stack ?? error.error().message}`));
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (/^(https?|wss?|ftp):$/.test(url.protocol) && url.host !== host) wrong.push(`request: ${request.method()} ${request.url()}`);
  });
  context.on("page", (page) => {
    page.on("websocket", (socket) => {
      if (new URL(socket.url()).host !== host) wrong.push(`websocket: ${socket.url()}`);
    });
    page.on("dialog", (dialog) => {
      wrong.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  });
  return () => wrong;
}

/** A thread that asks `model`, made without the page. */
export async function makeThread(api: APIRequestContext, model: string, title?: string): Promise<string> {
  const answer = await api.post("/api/threads", { data: { ...(title === undefined ? {} : { title }), settings: { model } } });
  expect(answer.status(), await answer.text()).toBe(201);
  return ((await answer.json()) as { id: string }).id;
}

/** Asks over the API and waits until the answer is complete. */
export async function askQuietly(api: APIRequestContext, thread: string, text: string, model?: string): Promise<void> {
  const answer = await api.post(`/api/threads/${thread}/turns`, {
    data: { message: { id: randomUUID(), text }, ...(model === undefined ? {} : { model }) },
    headers: { Accept: "text/event-stream" },
    timeout: 30_000,
  });
  expect(answer.status(), await answer.text()).toBe(200);
}

export interface StoredMessage {
  id: string;
  role: "user" | "assistant";
  text: string;
  state: string;
  siblings: string[];
}

/** The shown branch as the store has it, oldest first. */
export async function storedMessages(api: APIRequestContext, thread: string): Promise<StoredMessage[]> {
  const answer = await api.get(`/api/threads/${thread}/messages?limit=200`);
  return ((await answer.json()) as { items: StoredMessage[] }).items;
}
