// How the pages are built: files of their own under /assets, nothing inline, so that a strict
// Content-Security-Policy has nothing to forbid. `npm run dev` passes the API on to the mock.

import { defineConfig } from "vitest/config";

const api = process.env["V2X_API"] ?? "http://127.0.0.1:8790";

export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    target: "es2021",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": api } },
  test: {
    include: ["src/**/*.test.ts", "checks/**/*.test.ts", "mock/**/*.test.ts"],
    environment: "node",
  },
});
