import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { mockApi } from "./src/test/mock/plugin.ts";

// A running `kaiwa serve` that `npm run dev` forwards the API to.
const backend = process.env.KAIWA_BACKEND ?? "http://127.0.0.1:8080";
// `MOCK=1` answers from memory instead, for work on the page alone.
const mocked = process.env.MOCK === "1";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Every browser that runs this page reads woff2, so KaTeX's older copies of its fonts stay out of the build. */
function newestFontsOnly() {
  return {
    name: "newest-fonts-only",
    enforce: "pre" as const,
    transform(code: string, id: string) {
      if (!id.endsWith("katex.min.css")) return null;
      return code.replace(/,url\([^)]*\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)/g, "");
    },
  };
}

export default defineConfig({
  plugins: [react(), tailwindcss(), newestFontsOnly(), ...(mocked ? [mockApi()] : [])],
  resolve: {
    alias: {
      "@": path("./src"),
      // Its browser build writes to innerHTML, which Trusted Types refuse; this one is a table.
      "decode-named-character-reference": path("./node_modules/decode-named-character-reference/index.js"),
    },
  },
  server: {
    host: "127.0.0.1",
    // The sandboxed frame that draws diagrams has no origin, and says so.
    cors: { origin: [/^https?:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/, "null"] },
    ...(mocked ? {} : { proxy: { "/api": { target: backend, ws: true } } }),
  },
  preview: { host: "127.0.0.1" },
  build: {
    target: "es2022",
    // Everything is a file of its own: the Content-Security-Policy allows neither inline code nor data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
    rolldownOptions: { input: [path("./index.html"), path("./mermaid-frame.html")] },
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/test/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});
