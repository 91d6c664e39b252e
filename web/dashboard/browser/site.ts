// What every browser test has: a mock of its own on a free port, a page that may only speak with
// it, and the rule that nothing goes wrong unseen (console errors, requests elsewhere, refused
// content).

import { fileURLToPath } from "node:url";
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect } from "@playwright/test";
import type { BrowserContext, Page } from "@playwright/test";
import { PASSWORD } from "../mock/accounts";
import { Mock } from "../mock/server";
import type { Kind } from "../mock/world";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));

export interface Look {
  language: "en" | "fr" | "ar";
  theme: "light" | "dark";
  size: "desktop" | "phone";
}

export const SIZES = {
  desktop: { width: 1360, height: 860 },
  phone: { width: 390, height: 844 },
};

export const LOOKS: Look[] = (["en", "fr", "ar"] as const).flatMap((language) =>
  (["light", "dark"] as const).flatMap((theme) =>
    (["desktop", "phone"] as const).map((size) => ({ language, theme, size })),
  ),
);

/** Where pictures of the pages go. */
export const FOLDER = `${process.env["CARGO_TARGET_DIR"] ?? "../../target"}/dashboard/screenshots`;

export const nameOf = (look: Look) => `${look.language}-${look.theme}-${look.size}`;

interface Fixtures {
  kind: Kind;
  mock: Mock;
  /** What went wrong in the page; must be empty at the end. */
  wrongs: string[];
}

export const test = base.extend<Fixtures>({
  kind: ["hub", { option: true }],
  mock: async ({ kind }, use) => {
    const mock = new Mock({ port: 0, kind, dist: DIST });
    await mock.start();
    await use(mock);
    await mock.stop();
  },
  wrongs: async ({ page }, use) => {
    const wrongs = watch(page);
    await use(wrongs);
    expect(wrongs).toEqual([]);
  },
});

export { expect };

/** A refused log-in and a lost connection are written to the console by the browser itself. */
const EXPECTED = [/status of 40[13]/, /net::ERR_/];

export function watch(page: Page): string[] {
  const wrongs: string[] = [];
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (["data:", "blob:"].includes(protocol)) return;
    if (hostname !== "127.0.0.1") wrongs.push(`a request to ${request.url()}`);
  });
  page.on("pageerror", (error) => wrongs.push(`an exception: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() !== "error" || EXPECTED.some((expected) => expected.test(text))) return;
    wrongs.push(`the console: ${text}`);
  });
  return wrongs;
}

export async function prefer(context: BrowserContext, look: Look): Promise<void> {
  const { language, theme } = look;
  const kept = JSON.stringify({ language, theme, units: "metric", tiles: false });
  await context.addInitScript((text) => localStorage.setItem("v2x.preferences", text), kept);
}

export async function logIn(page: Page, mock: Mock, user = "amina"): Promise<void> {
  await page.goto(mock.address());
  await page.locator("input[autocomplete=username]").fill(user);
  await page.locator("input[type=password]").fill(PASSWORD);
  await page.locator("form button[type=submit]").click();
  await expect(page.locator(".shell")).toBeVisible();
}

/** Goes to a page and waits until it is drawn whole: nothing loading, plots and maps in place. */
export async function open(page: Page, route: string): Promise<void> {
  await page.evaluate((hash) => (location.hash = hash), route);
  await expect(page.locator(`main[data-route="${route}"] h1`)).toBeVisible();
  await settled(page);
}

export async function settled(page: Page): Promise<void> {
  await expect(page.locator(".loading")).toHaveCount(0);
  await expect(page.locator(".plot-box:not(:has(canvas))")).toHaveCount(0);
  await expect(page.locator(".map:not(.leaflet-container)")).toHaveCount(0);
}

/** What axe finds against WCAG 2.1 AA. */
export async function violations(page: Page): Promise<string[]> {
  const axe = new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]);
  const { violations } = await axe.analyze();
  return violations.map((one) => {
    const where = one.nodes.map((node) => node.target.join(" ")).slice(0, 3);
    return `${one.id}: ${one.help} at ${where.join(" and ")}`;
  });
}

/** How far the page is wider than its window, in pixels. */
export const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
