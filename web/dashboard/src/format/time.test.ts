import { describe, expect, it } from "vitest";
import {
  withTimes,
  dayStart,
  formatDuration,
  formatTime,
  fromLocalInput,
  monthOf,
  toLocalInput,
} from "./time";

const words = { s: "s", min: "min", h: "h", d: "d" };
const NOON = Date.UTC(2026, 10, 30, 12, 5, 9);

describe("time", () => {
  it("is shown in the zone that is asked for, 24 hours a day", () => {
    expect(formatTime(NOON, "seconds", "en", "UTC")).toBe("12:05:09");
    // Casablanca is an hour ahead of UTC in November.
    expect(formatTime(NOON, "time", "en", "Africa/Casablanca")).toBe("13:05");
    expect(formatTime(Date.UTC(2026, 0, 1), "time", "en", "UTC")).toBe("00:00");
  });

  it("has digits 0 to 9 in Arabic too", () => {
    expect(formatTime(NOON, "dateTime", "ar", "UTC")).toMatch(/2026/);
  });

  it("says how long something took in two units at most", () => {
    expect(formatDuration(45_400, words)).toBe("45 s");
    expect(formatDuration(59_700, words)).toBe("1 min");
    expect(formatDuration(3 * 3_600_000 + 5 * 60_000, words)).toBe("3 h 05 min");
    expect(formatDuration(52 * 3_600_000, words)).toBe("2 d 4 h");
    expect(formatDuration(-5, words)).toBe("0 s");
  });

  it("finds midnights and months by the calendar", () => {
    expect(new Date(dayStart(NOON)).getHours()).toBe(0);
    expect(new Date(dayStart(NOON, -40)).getHours()).toBe(0);
    expect(monthOf(new Date(2026, 0, 31).getTime(), -1)).toBe("2025-12");
    expect(monthOf(new Date(2026, 0, 31).getTime(), 1)).toBe("2026-02");
  });

  it("comes back from a form's field as it went in, to the minute", () => {
    const minute = new Date(2026, 2, 29, 3, 30).getTime();
    expect(fromLocalInput(toLocalInput(minute))).toBe(minute);
    expect(fromLocalInput("never")).toBeNull();
  });
});

it("a sentence has its times in the user's zone", () => {
  const said = "2026-11-30T18:46:59.407Z after 0 s: started; last heard 2026-11-30T23:30:00Z";
  expect(withTimes(said, "en", "Asia/Tokyo")).toBe(
    "Dec 1, 2026, 03:46:59 after 0 s: started; last heard Dec 1, 2026, 08:30:00",
  );
  expect(withTimes("2026-99-99T18:46:59Z", "en")).toBe("2026-99-99T18:46:59Z");
});
