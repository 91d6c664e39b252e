// Every page of the three sites of the real system (`v2x demo`: hub, station, a car), in every
// language, theme and size: while it runs, and while its programs hang. Runs where V2X_PROGRAM
// names the program; pictures go to target/dashboard/screenshots/running-* and stopped-*.

import type { Page } from "@playwright/test";
import { ask, logInTo, PROGRAM, test } from "./demo";
import type { Look } from "./site";
import { expect, FOLDER, LOOKS, nameOf, open, overflow, SIZES, violations, watch } from "./site";

test.skip(PROGRAM === undefined, "V2X_PROGRAM names no program");
// One after the other: a system takes what a computer of two cores has.
test.describe.configure({ mode: "default", timeout: 900_000 });

/** axe looks at each page in these; look.spec.ts has it look at more. */
const BY_AXE = { running: ["en-light-desktop", "ar-dark-phone"], stopped: ["fr-dark-desktop"] };

/** A page that hears nothing says so within this. */
const SILENCE_IS_SHOWN = { timeout: 10_000 };

/** A hub hears of a drive when that is over: two minutes after the car has stopped. */
const OVER = { timeout: 300_000 };

const LANGUAGES = { en: "English", fr: "Français", ar: "العربية" };
/** The themes stand behind "like the system", in this order in every language. */
const THEMES = { light: 1, dark: 2 };

interface Site {
  name: string;
  /** Behind this the demo prints its address. */
  told: string;
  /** Its process among the demo's. */
  is: (command: string) => boolean;
  /** A page that has values. */
  live: (ids: Ids) => string;
}

interface Ids {
  car: string;
  station: string;
}

const SITES: Site[] = [
  {
    name: "station",
    told: "Yard",
    is: (command) => / station --config /.test(command),
    live: ({ station }) => `#/station/${station}/slots`,
  },
  {
    name: "vehicle",
    told: "alpha",
    is: (command) => / vehicle --config \S*\/alpha\//.test(command),
    live: ({ car }) => `#/vehicle/${car}/live`,
  },
  {
    name: "hub",
    told: "Open",
    is: (command) => / hub --config /.test(command),
    live: ({ car }) => `#/vehicle/${car}/live`,
  },
];

async function idsOf(page: Page): Promise<Ids> {
  interface Device {
    id: string;
    name: string;
    kind: string;
  }
  const devices = await ask<Device[]>(page, "/devices");
  const car = devices.find((one) => one.kind === "vehicle" && one.name === "alpha");
  const station = devices.find((one) => one.kind === "station");
  return { car: car?.id ?? "", station: station?.id ?? "" };
}

/** The first drive or session of a list as part of an address; waits until there is one. */
async function first(page: Page, path: string): Promise<string> {
  const list = () => ask<{ id: string }[]>(page, path);
  await expect.poll(async () => (await list()).length, OVER).toBeGreaterThan(0);
  return encodeURIComponent((await list())[0]?.id ?? "");
}

/** The addresses of all pages of the site: those of the menu of each device, and one of each kind
 * that a list leads to. */
async function pagesOf(page: Page, ids: Ids): Promise<Map<string, string>> {
  const { site } = await ask<{ site: { features: string[] } }>(page, "/me");
  const knows = (feature: string) => site.features.includes(feature);
  const pages = new Map<string, string>();
  const take = async (route: string) => {
    await open(page, route);
    const links = await page
      .locator("nav a[href^='#/']")
      .evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""));
    for (const href of links) pages.set(pictureOf(href), href);
  };
  if (ids.car) {
    await take(`#/vehicle/${ids.car}/live`);
    if (knows("trips")) {
      const id = await first(page, `/devices/${ids.car}/trips`);
      pages.set("drive", `#/vehicle/${ids.car}/drives/${id}`);
    }
  }
  if (ids.station) {
    await take(`#/station/${ids.station}/slots`);
    if (knows("sessions")) {
      const id = await first(page, `/sessions?station=${ids.station}`);
      pages.set("session", `#/station/${ids.station}/sessions/${id}`);
    }
  }
  pages.set("settings", "#/settings");
  pages.set("no-such-page", "#/nowhere");
  return pages;
}

/** `#/vehicle/7/live` is vehicle-live. */
function pictureOf(href: string): string {
  const [kind, id, ...rest] = href.slice(2).split("/");
  const ofDevice = ["vehicle", "station", "v2x", "device"].includes(kind ?? "");
  return [kind, ...(ofDevice ? [] : [id]), ...rest].filter(Boolean).join("-");
}

/** Chooses a look as a person does, which needs no server. */
async function look(page: Page, { language, theme, size }: Look): Promise<void> {
  await page.setViewportSize(SIZES[size]);
  await page.evaluate(() => (location.hash = "#/settings"));
  await page.locator("label", { hasText: LANGUAGES[language] }).click();
  await page.locator(".segments").first().locator("label").nth(THEMES[theme]).click();
  await expect(page.locator("html")).toHaveAttribute("lang", language);
  await expect(page.locator("html")).toHaveAttribute("data-theme", theme);
}

interface Seen {
  page: Page;
  pages: Map<string, string>;
  site: string;
  state: "running" | "stopped";
  show: (route: string) => Promise<void>;
}

/** Looks at every page in every look. */
async function lookAtAll({ page, pages, site, state, show }: Seen): Promise<void> {
  const isWhole = state === "running";
  for (const one of LOOKS) {
    await look(page, one);
    const name = nameOf(one);
    for (const [id, route] of pages) {
      await show(route);
      const path = `${FOLDER}/${state}-${site}/${name}/${id}.jpg`;
      await page.screenshot({ path, fullPage: isWhole, type: "jpeg", quality: 70 });
      expect.soft(await overflow(page), `${name}: ${id} scrolls sideways`).toBeLessThanOrEqual(0);
      if (one.language !== "en") {
        // What the back end says of itself has its words in every language.
        const english = await page.locator("bdi[lang=en]").allTextContents();
        expect.soft(english, `${name}: ${id} is not in this language`).toEqual([]);
      }
      if (BY_AXE[state].includes(name)) {
        expect.soft(await violations(page), `${name}: ${id}`).toEqual([]);
      }
    }
  }
}

for (const site of SITES) {
  test(`every page of the ${site.name} of a running system, and of one that hangs`, async ({
    page,
    demo,
  }) => {
    const wrongs = watch(page);
    await page.setViewportSize(SIZES.desktop);
    await logInTo(page, demo, await demo.told(site.told));
    const ids = await idsOf(page);
    const pages = await pagesOf(page, ids);
    console.log(`  ${site.name}: ${[...pages.keys()].join(", ")}`);
    const show = (route: string) => open(page, route);
    await lookAtAll({ page, pages, site: site.name, state: "running", show });

    await open(page, site.live(ids));
    await expect(page.locator(".connection[data-state=live]")).toBeAttached();
    // Between its drive and its charge the car has nothing new to say.
    const fresh = page.locator(".reading:not(.stale, .missing)").first();
    await expect(fresh).toBeAttached(OVER);
    demo.signal("SIGSTOP", site.is);
    const began = Date.now();
    await expect(page.locator(".connection-note .note")).toBeVisible(SILENCE_IS_SHOWN);
    console.log(`  ${site.name}: silence is shown after ${(Date.now() - began) / 1000} s`);
    await expect(page.locator(".reading:not(.stale, .missing)")).toHaveCount(0);
    const showOld = async (route: string) => {
      await page.evaluate((hash) => (location.hash = hash), route);
      await expect(page.locator(`main[data-route="${route}"] h1`)).toBeVisible();
      await expect(page.locator(".connection-note .note")).toBeVisible();
      await expect(page.locator(".reading:not(.stale, .missing)")).toHaveCount(0);
      await expect(page.locator(".slot:not(.stale)")).toHaveCount(0);
    };
    await lookAtAll({ page, pages, site: site.name, state: "stopped", show: showOld });
    demo.signal("SIGCONT", site.is);
    await open(page, site.live(ids));
    await expect(page.locator(".connection-note .note")).toHaveCount(0);
    expect(wrongs).toEqual([]);
  });
}
