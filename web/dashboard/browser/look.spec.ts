// Every page in every language, theme and size: drawn whole, with a title, without scrolling
// sideways, accessible as far as axe can tell, and pictured.

import { PAGES } from "./every_page";
import {
  expect,
  FOLDER,
  logIn,
  LOOKS,
  nameOf,
  open,
  overflow,
  prefer,
  SIZES,
  test,
  violations,
} from "./site";

/** axe looks at each page in each theme and size, and in each language. */
const LOOKED_AT_BY_AXE = ["en-light-desktop", "en-dark-phone", "fr-dark-desktop", "ar-light-phone"];

for (const look of LOOKS) {
  const name = nameOf(look);
  test(`every page is whole and accessible: ${name}`, async ({ page, mock, wrongs, context }) => {
    await page.setViewportSize(SIZES[look.size]);
    await prefer(context, look);
    const byAxe = LOOKED_AT_BY_AXE.includes(name);
    await page.goto(mock.address());
    await expect(page.locator(".login")).toBeVisible();
    await page.screenshot({ path: `${FOLDER}/${name}/login.png` });
    if (byAxe) expect.soft(await violations(page), "log-in").toEqual([]);
    await logIn(page, mock);
    await expect(page.locator("html")).toHaveAttribute(
      "dir",
      look.language === "ar" ? "rtl" : "ltr",
    );
    for (const [id, route] of PAGES) {
      await open(page, route);
      await page.screenshot({ path: `${FOLDER}/${name}/${id}.png`, fullPage: true });
      expect.soft(await overflow(page), `${id} scrolls sideways`).toBeLessThanOrEqual(0);
      if (byAxe) expect.soft(await violations(page), id).toEqual([]);
    }
    expect(wrongs).toEqual([]);
  });
}
