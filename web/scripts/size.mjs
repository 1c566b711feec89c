// Weighs the first load: brotli bytes of the scripts that index.html and its static imports bring in.
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
const budget = 180 * 1024;

const read = (path) => readFileSync(new URL(path, dist), "utf8");
const seen = new Set();

function visit(path) {
  if (seen.has(path)) return;
  seen.add(path);
  for (const [, file] of read(path).matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)) visit(`assets/${file}`);
}
for (const [, path] of read("index.html").matchAll(/(?:src|href)="\/(assets\/[\w.-]+\.js)"/g)) visit(path);

let total = 0;
for (const path of seen) {
  const bytes = brotliCompressSync(Buffer.from(read(path)), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
  total += bytes;
  console.log(`${String(bytes).padStart(8)}  ${path}`);
}
console.log(`${String(total).padStart(8)}  first load, of ${budget} allowed`);
if (seen.size === 0) throw new Error("dist/index.html names no script: run `npm run build` first");
process.exit(total > budget ? 1 : 0);
