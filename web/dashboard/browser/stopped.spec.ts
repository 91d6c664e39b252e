// A back end that hangs or goes away: the page says so, every value carries its age, and all is
// well again when it is back.

import type { BrowserContext, Page } from "@playwright/test";
import type { Mock } from "../mock/server";
import type { Look } from "./site";
import {
  expect,
  FOLDER,
  logIn,
  nameOf,
  open,
  prefer,
  settled,
  SIZES,
  test,
  violations,
  watch,
} from "./site";

const PAGES = [
  ["fleet", "#/fleet"],
  ["vehicle-live", "#/vehicle/atlas/live"],
  ["slots", "#/station/courtyard/slots"],
  ["v2x", "#/v2x/atlas"],
] as const;

const SHOWN: Look[] = [
  { language: "en", theme: "light", size: "desktop" },
  { language: "fr", theme: "dark", size: "desktop" },
  { language: "ar", theme: "light", size: "phone" },
  { language: "en", theme: "dark", size: "phone" },
];

/** Each page in a window of its own, with what goes wrong there. */
async function windows(context: BrowserContext, mock: Mock, first: Page, look: Look) {
  await first.setViewportSize(SIZES[look.size]);
  await logIn(first, mock);
  const all: { id: string; page: Page; wrongs: string[] }[] = [];
  for (const [id, route] of PAGES) {
    const page = await context.newPage();
    const wrongs = watch(page);
    await page.setViewportSize(SIZES[look.size]);
    await page.goto(`${mock.address()}/${route}`);
    await settled(page);
    await expect(page.locator(".connection[data-state=live]")).toBeAttached();
    all.push({ id, page, wrongs });
  }
  return all;
}

for (const look of SHOWN) {
  test(`a back end that hangs is seen on each page: ${nameOf(look)}`, async ({
    page: first,
    mock,
    context,
  }) => {
    await prefer(context, look);
    const all = await windows(context, mock, first, look);
    mock.hangs = true;
    const began = Date.now();
    const shown = all.map(async ({ id, page }) => {
      await expect(page.locator(".connection-note .note")).toBeVisible();
      return `${id} ${((Date.now() - began) / 1000).toFixed(1)} s`;
    });
    console.log(`  silence is shown after: ${(await Promise.all(shown)).join(", ")}`);
    for (const { id, page, wrongs } of all) {
      // No value is left that looks as if it were of now.
      await expect(page.locator(".reading:not(.stale, .missing):not(dd)")).toHaveCount(0);
      if (id === "vehicle-live") {
        await expect(page.locator(".dial")).toHaveClass(/stale/);
        await expect(page.locator(".dial .age")).toBeVisible();
      }
      if (id === "slots") await expect(page.locator(".slot:not(.stale)")).toHaveCount(0);
      const folder = `${FOLDER}/stopped-${nameOf(look)}`;
      await page.screenshot({ path: `${folder}/${id}.png`, fullPage: true });
      expect(await violations(page)).toEqual([]);
      expect(wrongs).toEqual([]);
    }
  });
}

test("a back end that goes away is seen, and that it is back", async ({ page, mock, wrongs }) => {
  await logIn(page, mock);
  await open(page, "#/vehicle/atlas/live");
  await expect(page.locator(".connection[data-state=live]")).toBeAttached();
  const port = Number(new URL(mock.address()).port);
  await mock.pause();
  await expect(page.locator(".connection-note .note")).toBeVisible();
  await expect(page.locator(".reading:not(.stale, .missing)")).toHaveCount(0);
  await mock.resume(port);
  await expect(page.locator(".connection-note .note")).toHaveCount(0);
  await expect(page.locator(".dial:not(.stale)")).toBeVisible();
  expect(wrongs).toEqual([]);
});
