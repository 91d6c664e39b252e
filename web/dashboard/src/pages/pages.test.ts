import { describe, expect, it } from "vitest";
import type { Device } from "../api/types";
import { matches } from "./fleet/fleet";
import { typed } from "./fleet/shared";
import { parseParams } from "./fleet/commands";
import { faceOf, slotValue } from "./station/slot_values";
import { axis, cellsOf } from "./vehicle/cells";
import { flowOf } from "./vehicle/power_card";
import { dialEnd } from "./vehicle/speed_card";
import { merged } from "./v2x/warning_log";

const device: Device = {
  id: "x1",
  name: "Atlas",
  kind: "vehicle",
  stale_after_s: 15,
  values: {
    cell_voltage_10: { ts: 1, value: 3.9 },
    cell_voltage_2: { ts: 1, value: 3.91 },
    cell_voltage_min: { ts: 1, value: 3.9 },
    cell_voltage_3: { ts: 1, value: null },
  },
  attributes: {},
  alarms: [],
};

describe("pages", () => {
  it("call power into the battery charging only when the car charges", () => {
    expect(flowOf(2000, true)).toBe("charging");
    expect(flowOf(2000, false)).toBe("regenerating");
    expect(flowOf(-2000, false)).toBe("driving");
    expect(flowOf(-100, false)).toBe("idle");
    expect(flowOf(null, true)).toBe("unknown");
  });

  it("show the cells in their order and leave out what is not known", () => {
    const cells = cellsOf(device);
    expect(cells.map((cell) => cell.number)).toEqual([2, 10]);
    const { low, high } = axis(cells);
    expect(low).toBeLessThan(3.9);
    expect(high - low).toBeGreaterThanOrEqual(0.05 - 1e-9);
  });

  it("widen the dial for a fast car", () => {
    expect([dialEnd(40), dialEnd(101)]).toEqual([100, 120]);
  });

  it("know the faces of OCPP's states, and an unknown one as unknown", () => {
    const slot = { number: 1, name: "a", values: {} };
    expect(faceOf({ ...slot, state: "SuspendedEVSE" })).toBe("connected");
    expect(faceOf({ ...slot, state: "Available" })).toBe("free");
    expect(faceOf({ ...slot, state: "Dancing" })).toBe("unknown");
    expect(faceOf(slot)).toBe("unknown");
    const timed = { ...slot, values: { power: { ts: 5, value: 1 }, bare: 2 } };
    expect(slotValue(timed, "power")).toEqual({ ts: 5, value: 1 });
    expect(slotValue(timed, "bare")).toEqual({ ts: null, value: 2 });
    expect(slotValue(timed, "none")).toBeNull();
  });

  it("find devices by name, kind and alarm", () => {
    expect(matches(device, "all", "online", " atl ")).toBe(true);
    expect(matches(device, "station", "online", "")).toBe(false);
    expect(matches(device, "online", "online", "")).toBe(true);
    expect(matches(device, "alarm", "online", "")).toBe(false);
  });

  it("show a warning once, the newest first", () => {
    const one = { id: "a", ts: 1, kind: "x" };
    const two = { id: "b", ts: 2, kind: "x" };
    expect(merged([one], [one, two]).map((warning) => warning.id)).toEqual(["b", "a"]);
  });

  it("take settings and parameters by what they are", () => {
    expect([typed("2"), typed("true"), typed("high"), typed('{"a":1}')]).toEqual([
      2,
      true,
      "high",
      '{"a":1}',
    ]);
    expect(parseParams("")).toEqual({});
    expect(parseParams("{")).toBeUndefined();
  });
});
