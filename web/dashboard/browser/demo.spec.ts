// The demo itself, in the browser: `v2x demo` with its hub, station, cars and town. Runs where
// V2X_PROGRAM names the program (`cargo xtask dashboard --demo`); the other tests need none.

import { idOf, logInTo, PROGRAM, STORY, test } from "./demo";
import { expect, FOLDER, open, SIZES, watch } from "./site";

test.skip(PROGRAM === undefined, "V2X_PROGRAM names no program");

test("the page shows the story of the demo: a drive, a warning, a charge with its cost", async ({
  page,
  context,
  demo,
}) => {
  const wrongs = watch(page);
  await page.setViewportSize(SIZES.desktop);
  await logInTo(page, demo, await demo.told("Open"));

  const station = await context.newPage();
  await station.setViewportSize(SIZES.desktop);
  await station.goto(page.url());
  await open(station, `#/station/${await idOf(station, "Yard")}/slots`);
  const slot = station.locator(".slots > *").first();
  const charged = (async () => {
    await expect(slot.locator(".slot-state")).toContainText("Charging", STORY);
    await expect(slot.locator(".slot-cost")).toContainText(/0\.0[1-9]/, STORY);
    await station.screenshot({ path: `${FOLDER}/demo/charging.png`, fullPage: true });
    await expect(slot.locator(".slot-state")).not.toContainText("Charging", STORY);
  })();

  await open(page, `#/vehicle/${await idOf(page, "beta")}/live`);
  const speed = page.locator(".dial-number");
  await expect(speed).toHaveText(/^[1-9]\d*/, STORY);
  await expect(page.locator("body")).toContainText(/(braking|collision).*beta/i, STORY);
  await page.screenshot({ path: `${FOLDER}/demo/warned.png`, fullPage: true });
  await charged;
  expect(wrongs).toEqual([]);

  demo.interrupt();
  expect(await demo.ended, demo.says()).toBe(0);
});
