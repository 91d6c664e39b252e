// `v2x demo` for the tests that need the whole system, and its processes one by one.

import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { test as base, expect } from "@playwright/test";

/** The program, where the tests of the real system are wanted. */
export const PROGRAM = process.env["V2X_PROGRAM"];

/** What happens in the town has happened within this, on a busy computer too. */
export const STORY = { timeout: 120_000 };

export class Demo {
  private said = "";
  private readonly dir = mkdtempSync(join(tmpdir(), "v2x-demo-"));
  private readonly process: ChildProcessWithoutNullStreams;
  readonly ended: Promise<number | null>;

  constructor(program: string) {
    this.process = spawn(program, ["demo", "--listen", "127.0.0.1:0", "--dir", this.dir]);
    const hear = (bytes: Buffer) => (this.said += bytes.toString());
    this.process.stdout.on("data", hear);
    this.process.stderr.on("data", hear);
    this.ended = new Promise((over) => this.process.on("exit", over));
  }

  /** A word that the demo prints behind a name. */
  async told(name: string): Promise<string> {
    const line = new RegExp(`\\n *${name} +(\\S+)\\n`);
    await expect.poll(() => line.exec(this.said)?.[1], STORY).toBeDefined();
    return line.exec(this.said)?.[1] ?? "";
  }

  says(): string {
    return this.said;
  }

  /** Tells each of the demo's processes something; all of them by default. */
  signal(signal: NodeJS.Signals, is?: (command: string) => boolean): void {
    for (const [pid, command] of this.children()) {
      if (is?.(command) ?? true) process.kill(pid, signal);
    }
  }

  interrupt(): void {
    this.process.kill("SIGINT");
  }

  /** Ends it and takes away what it has left. */
  async clear(): Promise<void> {
    this.signal("SIGCONT");
    this.interrupt();
    await this.ended;
    rmSync(this.dir, { recursive: true });
  }

  private children(): [pid: number, command: string][] {
    const numbers = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return numbers.flatMap((number): [number, string][] => {
      try {
        const stat = readFileSync(`/proc/${number}/stat`, "utf8");
        const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
        if (parent !== this.process.pid) return [];
        const command = readFileSync(`/proc/${number}/cmdline`, "utf8");
        return [[Number(number), command.replaceAll("\0", " ")]];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
  }
}

/** Each test has a demo of its own: what one does to its programs is nothing to the others. */
export const test = base.extend<{ demo: Demo }>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of fixtures here
  demo: async ({}, use) => {
    const demo = new Demo(PROGRAM ?? "");
    await use(demo);
    await demo.clear();
  },
});

export async function logInTo(page: Page, demo: Demo, address: string): Promise<void> {
  await page.goto(address);
  await page.locator("input[autocomplete=username]").fill(await demo.told("User"));
  await page.locator("input[type=password]").fill(await demo.told("Password"));
  await page.locator("form button[type=submit]").click();
  await expect(page.locator(".shell")).toBeVisible();
}

/** What the API of the page's site answers. */
export const ask = <T>(page: Page, path: string): Promise<T> =>
  page.evaluate(async (path) => (await (await fetch(path)).json()) as T, `/api/v1${path}`);

/** The id of a device, as soon as its site knows it. */
export async function idOf(page: Page, name: string): Promise<string> {
  const id = async () => {
    const devices = await ask<{ id: string; name: string }[]>(page, "/devices");
    return devices.find((device) => device.name === name)?.id;
  };
  await expect.poll(id, STORY).toBeDefined();
  return (await id()) ?? "";
}
