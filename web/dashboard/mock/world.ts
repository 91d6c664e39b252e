// The invented site: which devices there are, what they say now, and their alarms.

import type { Alarm, Device, Feature, Json } from "../src/api/types";
import type { Sentence } from "../src/i18n/said";
import { say } from "./sentences";
import { charging, driving } from "./motion";

export type Kind = "hub" | "vehicle" | "station";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** When the mock was started: the running charge began half an hour before it. */
export const STARTED = Date.now();
export const CHARGE_BEGAN = STARTED - 34 * MINUTE;

type Speaks = (ts: number) => Record<string, Json>;

interface Invented {
  device: Omit<Device, "values" | "last_seen">;
  /** What it says at a time; a device that has gone silent said it last at `silent`. */
  speaks: Speaks;
  silent?: number;
}

const alarm = (
  id: string,
  device: string,
  kind: string,
  sentence: Sentence,
  severity: Alarm["severity"],
  minutesAgo: number,
): Alarm => ({
  id,
  device,
  kind,
  text: sentence.text,
  said: sentence.said ?? null,
  severity,
  began: STARTED - minutesAgo * MINUTE,
  ended: null,
  acknowledged_by: null,
  acknowledged_at: null,
});

export const ALARMS: Alarm[] = [
  alarm("1", "dune", "low_charge", say("alarm_low_charge", { value: "12" }), "warning", 190),
  alarm("2", "cedar", "cell_spread", say("alarm_cells_apart", { value: "0.112" }), "critical", 31),
  alarm("3", "courtyard-3", "unavailable", say("slot_meter_gone"), "warning", 75),
  {
    ...alarm("4", "atlas", "battery_cold", say("alarm_cell_cold", { value: "1" }), "info", 700),
    ended: STARTED - 620 * MINUTE,
    acknowledged_by: "olga",
    acknowledged_at: STARTED - 650 * MINUTE,
  },
];

function vehicle(id: string, name: string, speaks: Speaks, silent?: number): Invented {
  return {
    device: {
      id,
      name,
      kind: "vehicle",
      parent: null,
      online: silent === undefined || Date.now() - silent < 10 * MINUTE,
      stale_after_s: 15,
      attributes: { firmware: "0.7.0", model: "Twizy 80", collector: "framed link, 921600 baud" },
      alarms: [],
    },
    speaks,
    ...(silent === undefined ? {} : { silent }),
  };
}

/** The station's slots: what each measures. */
export const SLOTS = [
  { number: 1, name: "Yard 1", state: "Charging" },
  { number: 2, name: "Yard 2", state: "Available" },
  { number: 3, name: "Gate", state: "Unavailable" },
] as const;

export function slotValues(number: number, ts: number): Record<string, Json> {
  const wave = Math.sin(ts / 41_000 + number) + 0.4 * Math.sin(ts / 7000);
  const volts = Number((231.5 + 1.6 * wave).toFixed(1));
  const state = SLOTS[number - 1]?.state ?? "Available";
  const amps = number === 1 ? 9.9 + 0.08 * wave : 0;
  if (number === 3) return { state };
  return {
    state,
    voltage: volts,
    current: Number(amps.toFixed(2)),
    power: Number((volts * amps).toFixed(1)),
    energy: Number((812.4 + number * 31 + (ts - CHARGE_BEGAN) / 1.6e9).toFixed(3)),
    frequency: 50,
    power_factor: number === 1 ? 0.99 : 0,
    available: state === "Available",
    meter_verdict: "good",
  };
}

function station(): Invented[] {
  const attributes = { firmware: "0.7.0", total_slots: 3, latitude: 33.5, longitude: -7.6 };
  const rest = { online: true, stale_after_s: 15, alarms: [] };
  const speaks: Speaks = (ts) => ({
    total_power: slotValues(1, ts)["power"] ?? 0,
    active_sessions: 1,
    available_slots: 1,
    evcs_name: "Courtyard",
  });
  const slots = SLOTS.map((slot): Invented => ({
    device: {
      id: `courtyard-${slot.number}`,
      name: slot.name,
      kind: "slot",
      parent: "courtyard",
      attributes: { plug: "Type_F_schuko_3Kwh", slot: slot.number },
      ...rest,
    },
    speaks: (ts) => slotValues(slot.number, ts),
  }));
  return [
    {
      device: { id: "courtyard", name: "Courtyard", kind: "station", attributes, ...rest },
      speaks,
    },
    ...slots,
  ];
}

function invented(kind: Kind): Invented[] {
  const atlas = vehicle("atlas", "Atlas", (ts) => driving(ts, 0));
  if (kind === "vehicle") return [atlas];
  if (kind === "station") return station();
  const dune: Speaks = (ts) => ({ ...driving(ts, 2), soc: 12.1, motor_speed: 0 });
  return [
    atlas,
    vehicle("cedar", "Cedar", (ts) => charging(ts, 1, CHARGE_BEGAN)),
    vehicle("dune", "Dune", dune, STARTED - 3 * HOUR),
    vehicle("obrien", "O’Brien’s “quick” one", (ts) => driving(ts, 3), STARTED - 4 * MINUTE),
    vehicle("new", "Just enrolled", () => ({}), 0),
    ...station(),
  ];
}

export class World {
  private all: Map<string, Invented>;

  constructor(readonly kind: Kind) {
    this.all = new Map(invented(kind).map((one) => [one.device.id, one]));
  }

  ids(): string[] {
    return [...this.all.keys()];
  }

  /** Those that speak now. */
  speaking(): string[] {
    return this.ids().filter((id) => this.all.get(id)?.silent === undefined);
  }

  says(id: string, ts: number): Record<string, Json> {
    const one = this.all.get(id);
    return one?.speaks(Math.min(ts, one.silent ?? ts)) ?? {};
  }

  device(id: string): Device | undefined {
    const one = this.all.get(id);
    if (!one) return undefined;
    const ts = one.silent ?? Date.now() - 400;
    const values = Object.entries(this.says(id, ts)).map(([key, value]) => [key, { ts, value }]);
    return {
      ...one.device,
      last_seen: one.silent === 0 ? null : ts,
      online: one.silent === 0 ? null : (one.device.online ?? null),
      values: Object.fromEntries(values) as Device["values"],
      alarms: ALARMS.filter((open) => open.device === id && !open.ended),
    };
  }

  devices(): Device[] {
    return this.ids().flatMap((id) => this.device(id) ?? []);
  }

  add(id: string, name: string, kind: Device["kind"]): void {
    const one = vehicle(id, name, () => ({}), 0);
    this.all.set(id, { ...one, device: { ...one.device, kind } });
  }

  remove(id: string): boolean {
    return this.all.delete(id);
  }

  features(): Feature[] {
    const both: Feature[] = ["history", "alarms", "health", "rpc", "shared", "users", "audit"];
    const vehicle: Feature[] = ["trips", "charges", "battery", "v2x"];
    const station: Feature[] = ["slots", "sessions", "tariff", "report"];
    if (this.kind === "vehicle") return [...both, ...vehicle];
    if (this.kind === "station") return [...both, ...station];
    return ["fleet", ...both, ...vehicle, ...station, "provisioning", "backup"];
  }
}
