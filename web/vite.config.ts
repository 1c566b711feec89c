import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { mockApi } from "./src/test/mock/plugin";

// A running `kaiwa serve` that `npm run dev` forwards the API to.
const backend = process.env.KAIWA_BACKEND ?? "http://127.0.0.1:8080";
// `MOCK=1` answers from memory instead, for work on the page alone.
const mocked = process.env.MOCK === "1";

export default defineConfig({
  plugins: [react(), tailwindcss(), ...(mocked ? [mockApi()] : [])],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { host: "127.0.0.1", ...(mocked ? {} : { proxy: { "/api": { target: backend, ws: true } } }) },
  preview: { host: "127.0.0.1" },
  build: {
    target: "es2022",
    // Everything is a file of its own: the Content-Security-Policy allows neither inline code nor data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
  },
  test: {
    environment: "jsdom",
    setupFiles: ["src/test/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});
