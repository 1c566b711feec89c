import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request, type APIRequestContext } from "@playwright/test";
import { Process } from "./process.ts";
import { programs } from "./programs.ts";

export const administrator = { username: "keeper", password: "a long password of the keeper" };

interface Options {
  /** Address of a server that speaks Chat Completions; its models are `local/…`. */
  models?: string;
  defaultModel?: string;
  /** Without one, the first start prints a link. */
  administrator?: typeof administrator;
  env?: Record<string, string>;
}

/** One `kaiwa serve` on a free port, with a data folder of its own. */
export class Kaiwa {
  #process: Process;

  private constructor(
    process: Process,
    readonly url: string,
    readonly data: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    this.#process = process;
  }

  static async start(options: Options = {}): Promise<Kaiwa> {
    const data = await mkdtemp(join(tmpdir(), "kaiwa-e2e-"));
    const env: NodeJS.ProcessEnv = {
      PATH: process.env.PATH,
      HOME: data,
      KAIWA_SERVER__FIND_LOCAL_MODELS: "false", // a model server of this machine is not the test's
      ...(options.models === undefined ? {} : { KAIWA_PROVIDERS: JSON.stringify([{ name: "local", kind: "openai", base_url: `${options.models}/v1` }]) }),
      ...(options.defaultModel === undefined ? {} : { KAIWA_CHAT__DEFAULT_MODEL: options.defaultModel }),
      ...(options.administrator === undefined ? {} : { ADMIN_USERNAME: options.administrator.username, ADMIN_PASSWORD: options.administrator.password }),
      ...options.env,
    };
    const { process: started, url } = await serve("127.0.0.1:0", data, env);
    return new Kaiwa(started, url, data, env);
  }

  /** The one-time link of a first start. */
  async setupLink(): Promise<string> {
    const deadline = Date.now() + 5_000;
    for (;;) {
      const link = this.#process.lines.join("\n").match(/https?:\/\/\S*#token=[\w-]+/)?.[0];
      if (link !== undefined) return link;
      if (Date.now() > deadline) throw new Error(`no link was printed:\n${this.#process.lines.join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Somebody signed in over the API; the cookies fit a page too. */
  async signIn(credentials: { username: string; password: string }): Promise<APIRequestContext> {
    const context = await request.newContext({ baseURL: this.url, extraHTTPHeaders: { Origin: this.url } });
    // The administrator of the environment is hashed after the server is ready.
    for (let attempt = 0; ; attempt += 1) {
      const answer = await context.post("/api/session", { data: credentials });
      if (answer.ok()) return context;
      if (attempt >= 20 || answer.status() !== 401) throw new Error(`signing in as ${credentials.username}: ${answer.status()} ${await answer.text()}`);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }

  log(): string {
    return this.#process.lines.join("\n");
  }

  /** Dies as in a crash or a power cut. */
  async kill(): Promise<void> {
    await this.#process.kill();
  }

  /** Ends as an operator would end it, and keeps its data. */
  async pause(): Promise<void> {
    await this.#process.stop();
  }

  get database(): string {
    return join(this.data, "kaiwa.db");
  }

  /** Comes up again at the same address with the same data. */
  async again(): Promise<void> {
    const { process: started } = await serve(new URL(this.url).host, this.data, this.env);
    this.#process = started;
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    await rm(this.data, { recursive: true, force: true });
  }
}

async function serve(listen: string, data: string, env: NodeJS.ProcessEnv): Promise<{ process: Process; url: string }> {
  const { process: started, match } = await Process.start(programs.kaiwa, ["serve", "--listen", listen, "--data", data], env, /ready.*?(https?:\/\/[\w.:[\]-]+)/);
  return { process: started, url: match[1]?.replace(/\/$/, "") ?? "" };
}
