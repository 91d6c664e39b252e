// A back end that hangs or goes away: the page says so, every value carries its age, and all is
// well again when it is back.

import AxeBuilder from "@axe-core/playwright";
import type { Look } from "./site";
import { expect, logIn, nameOf, open, prefer, SIZES, test } from "./site";

const FOLDER = `${process.env["CARGO_TARGET_DIR"] ?? "../../target"}/dashboard/screenshots`;

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

for (const look of SHOWN) {
  for (const [id, route] of PAGES) {
    test(`a silent back end is seen: ${id} ${nameOf(look)}`, async ({
      page,
      mock,
      wrongs,
      context,
    }) => {
      await page.setViewportSize(SIZES[look.size]);
      await prefer(context, look);
      await logIn(page, mock);
      await open(page, route);
      await expect(page.locator(".connection[data-state=live]")).toBeAttached();
      mock.hangs = true;
      const began = Date.now();
      await expect(page.locator(".connection-note .note")).toBeVisible();
      console.log(`  ${id}: silence is shown after ${((Date.now() - began) / 1000).toFixed(1)} s`);
      // No value is left that looks as if it were of now.
      await expect(page.locator(".reading:not(.stale, .missing)")).toHaveCount(0);
      if (id === "vehicle-live") {
        await expect(page.locator(".dial")).toHaveClass(/stale/);
        await expect(page.locator(".dial .age")).toBeVisible();
      }
      if (id === "slots") await expect(page.locator(".slot:not(.stale)")).toHaveCount(0);
      const folder = `${FOLDER}/stopped-${nameOf(look)}`;
      await page.screenshot({ path: `${folder}/${id}.png`, fullPage: true });
      const { violations } = await new AxeBuilder({ page })
        .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"])
        .analyze();
      expect(violations.map((one) => `${one.id}: ${one.help}`)).toEqual([]);
      mock.hangs = false;
      expect(wrongs).toEqual([]);
    });
  }
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
