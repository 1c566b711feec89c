import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The first that exists; the variable wins, so that any build can be tested. */
function program(variable: string, ...places: string[]): string {
  const named = process.env[variable];
  const found = named ?? places.map((place) => root + place).find((path) => existsSync(path));
  if (found === undefined || !existsSync(found)) throw new Error(`${variable}: no program at ${named ?? places.join(" or ")}; run \`make build\` first`);
  return found;
}

export const programs = {
  get kaiwa() {
    return program("KAIWA_BIN", "build/kaiwa", "build/release/bin/kaiwa", "build/dev/bin/kaiwa");
  },
  get modelServer() {
    return program("KAIWA_MODEL_SERVER", "build/release/bin/kaiwa_model_server", "build/dev/bin/kaiwa_model_server", "build/bench/bin/kaiwa_model_server", "build/tests/bin/kaiwa_model_server");
  },
};
