// The browser tests: Debian's Chromium against the mock, started by the tests themselves. Pictures
// go to target/dashboard, outside what git keeps.

import { defineConfig } from "@playwright/test";

const target = process.env["CARGO_TARGET_DIR"] ?? "../../target";

export default defineConfig({
  testDir: "browser",
  testIgnore: process.env["V2X_PICTURES"] === undefined ? "**/pictures.spec.ts" : [],
  outputDir: `${target}/dashboard/traces`,
  fullyParallel: true,
  forbidOnly: true,
  workers: 2,
  timeout: 300_000,
  expect: { timeout: 20_000 },
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    timezoneId: "Africa/Casablanca",
    locale: "en-GB",
    contextOptions: { reducedMotion: "reduce" },
    launchOptions: {
      executablePath: process.env["V2X_CHROMIUM"] ?? "/usr/bin/chromium",
      // Root has no sandbox to give; the pages are our own and the network is loopback.
      args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    },
  },
});
