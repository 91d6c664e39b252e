// How fast the pages are, printed and not asserted: the machine that runs this may be busy.

import { expect, logIn, open, test } from "./site";

const TEN_HOURS = 36_001;

test("a drive of ten hours at a row a second is plotted", async ({ page, mock, wrongs }) => {
  await logIn(page, mock);
  await open(page, "#/vehicle/atlas/drives/d3");
  await page.evaluate(() => performance.clearMeasures("plot"));
  await open(page, "#/vehicle/atlas/drives/long");
  const plots = await page.evaluate(() =>
    performance
      .getEntriesByName("plot")
      .map((entry) => [entry.duration, (entry as PerformanceMeasure).detail as number] as const),
  );
  const whole = plots.filter(([, points]) => points >= TEN_HOURS - 1);
  expect(whole.length).toBeGreaterThanOrEqual(4);
  const times = whole.map(([ms]) => `${ms.toFixed(0)} ms`).join(", ");
  console.log(`  ten hours, ${whole[0]?.[1] ?? 0} points each: plots drawn in ${times}`);
  expect(wrongs).toEqual([]);
});

test("the log-in is there soon after the first request", async ({ page, mock }) => {
  await page.goto(mock.address());
  await expect(page.getByLabel("Password")).toBeVisible();
  const ms = await page.evaluate(() => {
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    const [navigation] = performance.getEntriesByType(
      "navigation",
    ) as PerformanceNavigationTiming[];
    return { paint: paint?.startTime ?? NaN, ready: navigation?.domInteractive ?? NaN };
  });
  const [ready, painted] = [ms.ready.toFixed(0), ms.paint.toFixed(0)];
  console.log(`  first load on loopback: interactive ${ready} ms, painted ${painted} ms`);
});
