import { describe, expect, it } from "vitest";
import type { Alarm, Device, Warning } from "../api/types";
import { withAlarm, withValues, withWarning } from "./devices";

const device: Device = {
  id: "a",
  name: "A",
  kind: "vehicle",
  last_seen: 900,
  stale_after_s: 15,
  values: { soc: { ts: 1000, value: 61 } },
  attributes: {},
  alarms: [],
};

describe("live events", () => {
  it("keep a newer value when an older row comes late", () => {
    const late = withValues(device, { device: "a", ts: 500, values: { soc: 70, gear: "Drive" } });
    expect(late.values["soc"]).toEqual({ ts: 1000, value: 61 });
    expect(late.values["gear"]).toEqual({ ts: 500, value: "Drive" });
    expect(late.last_seen).toBe(900);
  });

  it("leave the values of a row that does not have them", () => {
    const next = withValues(device, { device: "a", ts: 2000, values: { gear: "Drive" } });
    expect(next.values["soc"]).toEqual({ ts: 1000, value: 61 });
    expect(next.last_seen).toBe(2000);
  });

  it("show an alarm once, and not after its end", () => {
    const alarm: Alarm = {
      id: 1,
      device: "a",
      kind: "low_charge",
      text: "low",
      severity: "warning",
      began: 1,
    };
    const raised = withAlarm(withAlarm(device, alarm), { ...alarm, acknowledged_by: "olga" });
    expect(raised.alarms).toHaveLength(1);
    expect(raised.alarms[0]?.acknowledged_by).toBe("olga");
    expect(withAlarm(raised, { ...alarm, ended: 2 }).alarms).toHaveLength(0);
  });

  it("end a warning when its end is told, and are bounded", () => {
    const warning: Warning = { id: "w", ts: 1, kind: "breakdown" };
    expect(withWarning([warning], { ...warning, ended: 5 })).toHaveLength(0);
    let many: readonly Warning[] = [];
    for (let id = 0; id < 50; id += 1) many = withWarning(many, { ...warning, id });
    expect(many).toHaveLength(20);
    expect(many[19]?.id).toBe(49);
  });
});
