// `npm run pictures`: the pictures of docs/guide, from the demo as it runs (V2X_PROGRAM names the
// program). Not part of the browser tests: pictures differ from run to run and would be committed
// each time.

import type { Browser, Page } from "@playwright/test";
import { expect, test } from "@playwright/test";
import { ask, Demo, logInTo, PROGRAM, STORY } from "./demo";
import { open, prefer } from "./site";
import type { Look } from "./site";

const FOLDER = "../../docs/guide/pictures";

/** A window of its own at one of the demo's sites. */
async function at(
  browser: Browser,
  demo: Demo,
  site: string,
  theme: Look["theme"],
  height: number,
) {
  const context = await browser.newContext({ viewport: { width: 1200, height } });
  await prefer(context, { language: "en", theme, size: "desktop" });
  const page = await context.newPage();
  await logInTo(page, demo, await demo.told(site));
  return page;
}

async function picture(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${FOLDER}/${name}.png` });
}

/** Speeds are numbers above this when something is to be seen, in km/h. */
const DRIVES = /^[3-9]\d/;

test("the pictures of the guide", async ({ browser }) => {
  const demo = new Demo(PROGRAM ?? "");
  try {
    const hub = await at(browser, demo, "Open", "light", 700);
    const [car, phone, traffic, slots] = await Promise.all([
      at(browser, demo, "beta", "dark", 1000),
      at(browser, demo, "beta", "light", 780),
      at(browser, demo, "beta", "dark", 820),
      at(browser, demo, "Yard", "light", 620),
    ]);
    await phone.setViewportSize({ width: 390, height: 780 });
    await open(traffic, "#/v2x/vehicle");
    await open(slots, "#/station/station/slots");
    for (const page of [car, phone]) {
      await open(page, "#/vehicle/vehicle/live");
      await expect(page.locator(".dial-number")).toHaveText(DRIVES, STORY);
    }
    await picture(car, "vehicle");
    await picture(phone, "phone");
    await expect(traffic.locator("tbody tr").first()).toBeVisible(STORY);
    await picture(traffic, "traffic");
    const cost = slots.locator(".slot-cost").first();
    await expect(cost).toContainText(/0\.0[1-9]/, STORY);
    await picture(slots, "slots");
    await open(hub, "#/fleet");
    await picture(hub, "fleet");
    await expect(cost).toHaveCount(0, STORY);
    const ended = () => ask<{ id: string; receipt: boolean }[]>(slots, "/sessions");
    await expect.poll(async () => (await ended())[0]?.receipt, STORY).toBe(true);
    await slots.setViewportSize({ width: 1200, height: 980 });
    await open(slots, `#/station/station/sessions/${(await ended())[0]?.id}`);
    await picture(slots, "session");
    const own = await at(browser, demo, "alpha", "light", 900);
    await own.setViewportSize({ width: 1360, height: 900 });
    // Then all of it is on the disk.
    const drives = () => ask<{ id: string; end: number | null }[]>(own, "/devices/vehicle/trips");
    const isOver = async () => (await drives()).some((drive) => drive.end !== null);
    await expect.poll(isOver, { timeout: 240_000 }).toBe(true);
    const id = (await drives()).find((drive) => drive.end !== null)?.id;
    await open(own, `#/vehicle/vehicle/drives/${id}`);
    await picture(own, "drive");
  } finally {
    await demo.clear();
  }
});
