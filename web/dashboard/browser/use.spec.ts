// How the pages are used: log-in, roles, keyboard, exports, commands, what each site shows.

import { readFile } from "node:fs/promises";
import { expect, logIn, open, settled, SIZES, test } from "./site";

test("nobody gets in without the right password", async ({ page, mock, wrongs }) => {
  await page.goto(`${mock.address()}/#/vehicle/atlas/live`);
  await expect(page.locator(".login")).toBeVisible();
  await page.getByLabel("Name").fill("amina");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page.getByRole("alert")).toContainText("Name or password is wrong.");
  await expect(page.locator(".shell")).toHaveCount(0);
  expect(wrongs).toEqual([]);
});

test("a log-in that has ended shows the log-in again", async ({ page, mock, context }) => {
  await logIn(page, mock);
  await context.clearCookies();
  await page.evaluate(() => (location.hash = "#/alarms"));
  await expect(page.locator(".login")).toBeVisible();
});

test("a viewer sees values and may command nothing", async ({ page, mock, wrongs }) => {
  await logIn(page, mock, "victor");
  await expect(page.getByRole("link", { name: "Users" })).toHaveCount(0);
  await open(page, "#/station/courtyard/slots");
  await expect(page.locator(".slot")).toHaveCount(3);
  await expect(page.locator(".slot-commands")).toHaveCount(0);
  await open(page, "#/alarms");
  await expect(page.getByRole("button", { name: "Acknowledge" })).toHaveCount(0);
  await open(page, "#/device/atlas");
  await expect(page.getByRole("button", { name: "Send" })).toHaveCount(0);
  await page.evaluate(() => (location.hash = "#/admin/users"));
  await expect(page.getByText("Your role does not allow this.")).toBeVisible();
  expect(wrongs).toEqual([]);
});

test("an operator acknowledges an alarm and releases a slot", async ({ page, mock, wrongs }) => {
  await logIn(page, mock, "olga");
  await open(page, "#/alarms");
  const row = page.getByRole("row").filter({ hasText: "0.112" });
  await row.getByRole("button", { name: "Acknowledge" }).click();
  await expect(row).toContainText("olga");
  await open(page, "#/station/courtyard/slots");
  const slot = page.getByRole("region", { name: "2 Yard 2" });
  await slot.getByRole("button", { name: "Release" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Release" }).click();
  await expect(slot.getByRole("status").filter({ hasText: "Done: Release" })).toBeVisible();
  expect(wrongs).toEqual([]);
});

test("a device that does not answer says so", async ({ page, mock }) => {
  await logIn(page, mock, "olga");
  await open(page, "#/device/dune");
  await page.getByLabel("Method").fill("getConfig");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByText("The device does not answer.")).toBeVisible();
  await page.getByLabel("Parameters").fill("{");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByText("The parameters are not JSON")).toBeVisible();
});

test("the keyboard alone reaches the content and every page", async ({ page, mock, wrongs }) => {
  await page.goto(mock.address());
  await page.getByLabel("Name").fill("amina");
  await page.keyboard.press("Tab");
  await page.keyboard.type("twizy-v2x");
  await page.keyboard.press("Enter");
  await expect(page.locator(".shell")).toBeVisible();
  await expect(page.locator("h1")).toBeFocused();
  const skip = page.getByText("Skip to the content");
  await skip.focus();
  await expect(skip).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.locator("main")).toBeFocused();
  await page.getByRole("link", { name: "Alarms" }).first().focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Alarms" })).toBeFocused();
  expect(wrongs).toEqual([]);
});

test("what is seen can be saved as CSV, PNG and GPX", async ({ page, mock, wrongs }) => {
  await logIn(page, mock);
  await open(page, "#/vehicle/atlas/drives/d3");
  const picture = page.waitForEvent("download");
  await page.getByRole("button", { name: "PNG Speed" }).click();
  const saved = await (await picture).path();
  expect((await readFile(saved)).subarray(1, 4).toString()).toBe("PNG");
  await expect(page.getByRole("link", { name: "GPX" })).toHaveAttribute(
    "href",
    /track\.gpx\?from=/,
  );
  await open(page, "#/vehicle/atlas/drives");
  const table = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV" }).click();
  const text = await readFile(await (await table).path(), "utf8");
  expect(text.split("\r\n")[0]).toContain("start,end,duration_s,distance_km");
  expect(text).toMatch(/\d{4}-\d{2}-\d{2}T/);
  expect(wrongs).toEqual([]);
});

test("units, theme and language are switched and kept", async ({ page, mock, wrongs }) => {
  await logIn(page, mock);
  await open(page, "#/settings");
  await page.getByText("Imperial").click();
  await page.getByText("Dark").click();
  await page.getByText("Français").click();
  await expect(page.locator("html")).toHaveAttribute("lang", "fr");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await open(page, "#/vehicle/atlas/live");
  await expect(page.locator(".dial-unit")).toHaveText("mph");
  await expect(page.getByRole("heading", { name: "Vitesse" })).toBeVisible();
  expect(wrongs).toEqual([]);
});

test("a hub previews what a station has told of its prices, and does not set them", async ({
  page,
  mock,
}) => {
  await logIn(page, mock);
  await open(page, "#/station/courtyard/tariff");
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.locator(".large-number")).toHaveText("9.50 MAD");
  await expect(page.getByLabel("Tariffs as TOML")).not.toBeEditable();
  await expect(page.getByText("Prices are set at the station’s own pages")).toBeVisible();
  await expect(page.getByRole("button", { name: "Save" })).toHaveCount(0);
});

test("warnings appear over every page as they happen", async ({ page, mock }) => {
  await logIn(page, mock);
  await open(page, "#/alarms");
  const note = page.locator(".warning-notes .note");
  await expect(note).toBeVisible({ timeout: 60_000 });
  await expect(note).toContainText("Atlas");
  await expect(note).toHaveCount(0, { timeout: 60_000 });
});

test("the first values of a new device draw its plots", async ({ page, mock, wrongs }) => {
  await logIn(page, mock);
  await open(page, "#/vehicle/new/live");
  const plots = page.locator(".area-recent");
  await expect(plots.getByText("No values in this time.")).toHaveCount(2);
  await expect(async () => {
    mock.tell("new", { motor_speed: 12, battery_power: -900 });
    await expect(plots.locator("canvas")).toHaveCount(2, { timeout: 1500 });
  }).toPass({ timeout: 60_000 });
  expect(wrongs).toEqual([]);
});

test("a token is shown once when a device is added", async ({ page, mock, wrongs }) => {
  await logIn(page, mock);
  await open(page, "#/admin/devices");
  await page.getByLabel("Name").fill('Bus "7" <b>');
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.locator(".token")).toContainText("token-of-the-mock");
  await expect(page.getByRole("link", { name: 'Bus "7" <b>' })).toBeVisible();
  await open(page, "#/fleet");
  await open(page, "#/admin/devices");
  await expect(page.locator(".token")).toHaveCount(0);
  expect(wrongs).toEqual([]);
});

test.describe("a vehicle's own pages", () => {
  test.use({ kind: "vehicle" });
  test("begin with the vehicle and know no fleet", async ({ page, mock, wrongs }) => {
    await logIn(page, mock);
    await expect(page.getByRole("heading", { level: 1, name: "Atlas" })).toBeVisible();
    await settled(page);
    await expect(page.getByRole("link", { name: "Fleet" })).toHaveCount(0);
    await expect(page.getByRole("link", { name: "Drives" }).first()).toBeVisible();
    await page.evaluate(() => (location.hash = "#/fleet"));
    await expect(page.getByText("There is no such page here.")).toBeVisible();
    expect(wrongs).toEqual([]);
  });
});

test.describe("a station's own pages", () => {
  test.use({ kind: "station" });
  test("a tariff is previewed before it is saved, and refused with its line", async ({
    page,
    mock,
  }) => {
    await logIn(page, mock);
    await open(page, "#/station/courtyard/tariff");
    await page.getByRole("button", { name: "Preview" }).click();
    await expect(page.locator(".large-number")).toHaveText("9.50 MAD");
    await page.getByLabel("Tariffs as TOML").fill("[[tariff]]\n");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("the tariffs:1: there is no per_kwh")).toBeVisible();
  });

  test("begin with its slots, readable from afar on a phone too", async ({
    page,
    mock,
    wrongs,
  }) => {
    await page.setViewportSize(SIZES.phone);
    await logIn(page, mock);
    await expect(page.locator(".slot")).toHaveCount(3);
    await settled(page);
    const size = await page
      .locator(".slot-state")
      .first()
      .evaluate((element) => parseFloat(getComputedStyle(element).fontSize));
    expect(size).toBeGreaterThanOrEqual(28);
    await expect(page.getByRole("link", { name: "Drives" })).toHaveCount(0);
    await page.getByRole("button", { name: "More" }).click();
    await page.locator(".sheet").getByRole("link", { name: "Month report" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Month report" })).toBeVisible();
    expect(wrongs).toEqual([]);
  });
});

test("what the back end says is said in the user's language", async ({ page, mock, wrongs }) => {
  await logIn(page, mock);
  await open(page, "#/settings");
  await page.locator("label", { hasText: "Français" }).click();
  await open(page, "#/alarms");
  await expect(page.getByText("La batterie est presque vide :")).toBeVisible();
  await open(page, "#/station/courtyard/sessions/5eed0002");
  await expect(page.getByText("le véhicule a été débranché")).toBeVisible();
  await expect(page.getByText("Frais de session")).toBeVisible();
  await open(page, "#/vehicle/atlas/live");
  await expect(page.getByText("les trames arrivent")).toBeVisible();
  // The system's own words are in no catalogue, and marked as what they are.
  await expect(page.locator("bdi[lang=en]")).toHaveText(/connection refused/);
  expect(wrongs).toEqual([]);
});

test("the cursor of a plot moves by the keyboard and says what it is at", async ({
  page,
  mock,
}) => {
  await logIn(page, mock);
  await open(page, "#/vehicle/atlas/drives/d3");
  const plot = page.getByRole("slider").first();
  await plot.focus();
  await page.keyboard.press("End");
  await expect(plot).toHaveAttribute("aria-valuetext", /Speed [\d.]+ km\/h/);
  const last = await plot.getAttribute("aria-valuenow");
  await page.keyboard.press("Home");
  await expect(plot).not.toHaveAttribute("aria-valuenow", last ?? "");
});
