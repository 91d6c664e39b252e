// The demo itself, in the browser: `v2x demo` with its hub, station, cars and town. Runs where
// V2X_PROGRAM names the program (`cargo xtask dashboard --demo`); the other tests need none.

import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { test as base } from "@playwright/test";
import { expect, open, SIZES, watch } from "./site";

const PROGRAM = process.env["V2X_PROGRAM"];
const FOLDER = `${process.env["CARGO_TARGET_DIR"] ?? "../../target"}/dashboard/screenshots/demo`;

/** What happens in the town has happened within this, on a busy computer too. */
const STORY = { timeout: 120_000 };

class Demo {
  private said = "";
  private readonly process: ChildProcessWithoutNullStreams;
  readonly ended: Promise<number | null>;

  constructor(program: string, dir: string) {
    this.process = spawn(program, ["demo", "--listen", "127.0.0.1:0", "--dir", dir]);
    const hear = (bytes: Buffer) => (this.said += bytes.toString());
    this.process.stdout.on("data", hear);
    this.process.stderr.on("data", hear);
    this.ended = new Promise((over) => this.process.on("exit", over));
  }

  /** A word that the demo prints behind a name. */
  async told(name: string): Promise<string> {
    const line = new RegExp(`${name} +(\\S+)\\n`);
    await expect.poll(() => line.exec(this.said)?.[1], STORY).toBeDefined();
    return line.exec(this.said)?.[1] ?? "";
  }

  says(): string {
    return this.said;
  }

  interrupt(): void {
    this.process.kill("SIGINT");
  }
}

const test = base.extend<{ demo: Demo }>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of fixtures here
  demo: async ({}, use) => {
    const dir = mkdtempSync(join(tmpdir(), "v2x-demo-"));
    const demo = new Demo(PROGRAM ?? "", dir);
    await use(demo);
    demo.interrupt();
    await demo.ended;
    rmSync(dir, { recursive: true });
  },
});

test.skip(PROGRAM === undefined, "V2X_PROGRAM names no program");

async function idOf(page: Page, name: string): Promise<string> {
  const id = () =>
    page.evaluate(async (name) => {
      const answer = await fetch("/api/v1/devices");
      const devices = (await answer.json()) as { id: string; name: string }[];
      return devices.find((device) => device.name === name)?.id;
    }, name);
  await expect.poll(id, STORY).toBeDefined();
  return (await id()) ?? "";
}

test("the page shows the story of the demo: a drive, a warning, a charge with its cost", async ({
  page,
  context,
  demo,
}) => {
  const wrongs = watch(page);
  await page.setViewportSize(SIZES.desktop);
  await page.goto(await demo.told("Open"));
  await page.locator("input[autocomplete=username]").fill(await demo.told("User"));
  await page.locator("input[type=password]").fill(await demo.told("Password"));
  await page.locator("form button[type=submit]").click();
  await expect(page.locator(".shell")).toBeVisible();

  const station = await context.newPage();
  await station.setViewportSize(SIZES.desktop);
  await station.goto(page.url());
  await open(station, `#/station/${await idOf(station, "Yard")}/slots`);
  const slot = station.locator(".slots > *").first();
  const charged = (async () => {
    await expect(slot.locator(".slot-state")).toContainText("Charging", STORY);
    await expect(slot.locator(".slot-cost")).toContainText(/0\.0[1-9]/, STORY);
    await station.screenshot({ path: `${FOLDER}/charging.png`, fullPage: true });
    await expect(slot.locator(".slot-state")).not.toContainText("Charging", STORY);
  })();

  await open(page, `#/vehicle/${await idOf(page, "beta")}/live`);
  const speed = page.locator(".dial-number");
  await expect(speed).toHaveText(/^[1-9]\d*/, STORY);
  await expect(page.locator("body")).toContainText(/(braking|collision).*beta/i, STORY);
  await page.screenshot({ path: `${FOLDER}/warned.png`, fullPage: true });
  await charged;
  expect(wrongs).toEqual([]);

  demo.interrupt();
  expect(await demo.ended, demo.says()).toBe(0);
});
