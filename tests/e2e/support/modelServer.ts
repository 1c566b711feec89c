import { Process } from "./process.ts";
import { programs } from "./programs.ts";

export interface ModelRequest {
  path: string;
  model: string | null;
  body: unknown;
  closed_by_peer_at_ms: number | null;
  at_ms: number;
}

/** The scripted model server of tests/support, as the models of one Kaiwa. */
export class ModelServer {
  private constructor(
    private readonly process: Process,
    readonly url: string,
  ) {}

  /** `models` gives names to behaviours, such as `slow: "stream?tokens=100&rate=20"`. */
  static async start(models: Record<string, string>, options: { texts?: string; key?: string } = {}): Promise<ModelServer> {
    const args = ["--port", "0", "--lifetime", "1800"];
    if (options.texts !== undefined) args.push("--texts", options.texts);
    if (options.key !== undefined) args.push("--api-key", options.key);
    for (const [name, behaviour] of Object.entries(models)) args.push("--model", `${name}=${behaviour}`);
    const { process, match } = await Process.start(programs.modelServer, args, globalThis.process.env, /^listening (\d+)/);
    return new ModelServer(process, `http://127.0.0.1:${match[1]}`);
  }

  async requests(): Promise<ModelRequest[]> {
    const answer = await fetch(`${this.url}/_control/requests`);
    return (await answer.json()) as ModelRequest[];
  }

  async forget(): Promise<void> {
    await fetch(`${this.url}/_control/requests`, { method: "DELETE" });
  }

  async stop(): Promise<void> {
    await this.process.stop();
  }
}
