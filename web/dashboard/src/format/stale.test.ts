import { describe, expect, it } from "vitest";
import type { Device } from "../api/types";
import { deviceState, freshness, newest, numberOf } from "./stale";

const NOW = 1_800_000_000_000;

function device(change: Partial<Device> = {}): Device {
  return {
    id: "a",
    name: "A",
    kind: "vehicle",
    online: true,
    last_seen: NOW - 1000,
    stale_after_s: 15,
    values: {
      soc: { ts: NOW - 4000, value: 61 },
      speed: { ts: NOW - 1000, value: null },
    },
    attributes: {},
    alarms: [],
    ...change,
  };
}

describe("staleness", () => {
  it("is of a value from the future as well: a clock is wrong", () => {
    expect(freshness(NOW + 59_000, 15, NOW, "live")).toEqual({ stale: false, age_ms: 0 });
    const ahead = freshness(NOW + 3_600_000, 15, NOW, "live");
    expect(ahead).toEqual({ stale: true, age_ms: -3_600_000 });
  });

  it("begins when a value is older than its device's time, not before", () => {
    expect(freshness(NOW - 15_000, 15, NOW, "live").stale).toBe(false);
    expect(freshness(NOW - 15_001, 15, NOW, "live")).toEqual({ stale: true, age_ms: 15_001 });
  });

  it("holds for every value while the back end is not heard", () => {
    expect(freshness(NOW, 15, NOW, "lost").stale).toBe(true);
    expect(deviceState(device(), NOW, "lost")).toBe("stale");
  });

  it("gives no negative age for a device whose clock is ahead", () => {
    expect(freshness(NOW + 5000, 15, NOW, "live")).toEqual({ stale: false, age_ms: 0 });
  });

  it("tells online, silent, offline and never heard apart", () => {
    expect(deviceState(device(), NOW, "live")).toBe("online");
    expect(deviceState(device({ last_seen: NOW - 16_000 }), NOW, "live")).toBe("stale");
    expect(deviceState(device({ online: false }), NOW, "live")).toBe("offline");
    expect(deviceState(device({ online: null, last_seen: null }), NOW, "live")).toBe("unknown");
  });

  it("takes a null for no number, and the newest of several values", () => {
    expect(numberOf(device(), "speed")).toBeNull();
    expect(numberOf(device(), "nothing")).toBeNull();
    expect(numberOf(device(), "soc")).toBe(61);
    expect(newest(device(), ["soc", "speed", "nothing"])?.ts).toBe(NOW - 1000);
    expect(newest(device(), ["nothing"])).toBeNull();
  });
});
