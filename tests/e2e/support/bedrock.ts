import { fileURLToPath } from "node:url";
import { Process } from "./process.ts";

const script = fileURLToPath(new URL("../../support/bedrock_double/server.mjs", import.meta.url));

/** The key that the double of Bedrock takes. */
export const bedrockKey = "bedrock-api-key-canary";

/** The double of Amazon Bedrock of tests/support. */
export class Bedrock {
  private constructor(
    private readonly process: Process,
    readonly url: string,
  ) {}

  static async start(): Promise<Bedrock> {
    const { process, match } = await Process.start(globalThis.process.execPath, [script, "--lifetime", "600"], globalThis.process.env, /^listening (\d+)/);
    return new Bedrock(process, `http://127.0.0.1:${match[1]}`);
  }

  async stop(): Promise<void> {
    await this.process.stop();
  }
}
