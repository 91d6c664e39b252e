// `npm run pictures`: the pictures of docs/guide, from the mock's invented world. Not part of the
// browser tests: pictures differ from run to run and would be committed each time.

import { expect, logIn, open, prefer, test } from "./site";
import type { Look } from "./site";

const FOLDER = "../../docs/guide/pictures";

const PICTURES: readonly [string, string, Look["theme"], { width: number; height: number }][] = [
  ["fleet", "#/fleet", "light", { width: 1200, height: 780 }],
  ["vehicle", "#/vehicle/atlas/live", "dark", { width: 1200, height: 1000 }],
  ["drive", "#/vehicle/atlas/drives/d3", "light", { width: 1200, height: 780 }],
  ["slots", "#/station/courtyard/slots", "light", { width: 1400, height: 720 }],
  ["session", "#/station/courtyard/sessions/5eed0002", "light", { width: 1200, height: 900 }],
  ["traffic", "#/v2x/atlas", "dark", { width: 1200, height: 820 }],
  ["phone", "#/vehicle/atlas/live", "light", { width: 390, height: 780 }],
];

for (const [name, route, theme, size] of PICTURES) {
  test(`picture of ${name}`, async ({ page, mock, context }) => {
    await page.setViewportSize(size);
    await prefer(context, { language: "en", theme, size: "desktop" });
    await logIn(page, mock);
    await open(page, route);
    await expect(page.locator(".warning-notes .note")).toHaveCount(0);
    await page.mouse.move(0, 0);
    await page.screenshot({ path: `${FOLDER}/${name}.png` });
  });
}
