// Builds the Markdown gallery and serves it with the headers of the real server.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { mkdtempSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { build } from "vite";

const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml" };
// As src/server/page/page_headers.cpp says it.
const page =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
const frame = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";

/** Starts the gallery on a free port; `close` ends it. */
export async function startGallery() {
  const outDir = mkdtempSync(join(tmpdir(), "kaiwa-gallery-"));
  const root = new URL("..", import.meta.url).pathname;
  await build({
    root,
    logLevel: "error",
    build: { outDir, emptyOutDir: true, rolldownOptions: { input: [join(root, "src/test/gallery/index.html"), join(root, "mermaid-frame.html")] } },
  });
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const file = pathname === "/" ? "src/test/gallery/index.html" : normalize(pathname).slice(1);
    try {
      const body = await readFile(join(outDir, file));
      response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream");
      response.setHeader("content-security-policy", file === "mermaid-frame.html" ? frame : page);
      if (file.startsWith("assets/")) response.setHeader("access-control-allow-origin", "*");
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  return { address: `http://127.0.0.1:${port}`, close: () => server.close() };
}
