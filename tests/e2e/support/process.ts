import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

const startMilliseconds = 15_000;
const stopMilliseconds = 10_000;

/** A program that this run started, and its output so far. */
export class Process {
  readonly lines: string[] = [];
  readonly #exited: Promise<number | null>;

  private constructor(readonly child: ChildProcess) {
    this.#exited = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  }

  /** Starts `program` and waits for a line of its output that matches `ready`. */
  static async start(program: string, args: string[], env: NodeJS.ProcessEnv, ready: RegExp): Promise<{ process: Process; match: RegExpMatchArray }> {
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const process = new Process(child);
    const match = await new Promise<RegExpMatchArray>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${program} ${why}\n${process.lines.join("\n")}`));
      const timer = setTimeout(() => fail(`was not ready within ${startMilliseconds} ms`), startMilliseconds);
      child.once("error", (error) => fail(error.message));
      child.once("exit", (code) => fail(`ended with ${code}`));
      for (const stream of [child.stdout, child.stderr]) {
        if (!stream) continue;
        createInterface({ input: stream }).on("line", (line) => {
          process.lines.push(line);
          const found = line.match(ready);
          if (!found) return;
          clearTimeout(timer);
          resolve(found);
        });
      }
    });
    return { process, match };
  }

  /** Ends it as an operator would, or by force when it does not follow. */
  async stop(): Promise<number | null> {
    const timer = setTimeout(() => this.child.kill("SIGKILL"), stopMilliseconds);
    this.child.kill("SIGTERM");
    const code = await this.#exited;
    clearTimeout(timer);
    return code;
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.#exited;
  }
}
