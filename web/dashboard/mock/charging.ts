// The invented station: slots, sessions with their explanation, receipts, tariffs, the month.

import type {
  BillLine,
  Report,
  Session,
  SessionDetail,
  Slot,
  TariffPreview,
} from "../src/api/station";
import type { Sentence } from "../src/i18n/said";
import { reason, say } from "./sentences";
import { CHARGE_BEGAN, SLOTS, STARTED, slotValues } from "./world";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const PER_KWH = 1.5;
const FEE = 2;

export let tariffToml = `[[tariff]]
id = "standard"
version = "2026-11"
currency = "MAD"
time_zone = "Africa/Casablanca"
per_kwh = 1.50
session_fee = 2
idle = { per_minute = 0.10, grace_minutes = 15 }
rounding = { step = 0.05, mode = "half up" }

[[tariff.period]]
name = "night"
from = "22:00"
to = "06:00"
per_kwh = 1.10
`;

export function setTariff(toml: string): void {
  tariffToml = toml;
}

const cost = (wh: number) => ((wh / 1000) * PER_KWH + FEE).toFixed(2);

function running(): Session {
  const energy = Math.round(((Date.now() - CHARGE_BEGAN) / HOUR) * 2290);
  return {
    id: "5eed0001",
    station: "courtyard",
    slot: 1,
    vehicle: "Cedar",
    start: CHARGE_BEGAN,
    end: null,
    energy_wh: energy,
    doubtful_energy_wh: 0,
    cost: cost(energy),
    currency: "MAD",
    state: "Charging",
    end_reason: null,
    receipt: false,
  };
}

const ENDS = ["EVDisconnected", "EVDisconnected", "Remote", "Timeout"];
const VEHICLES = ["Cedar", "Atlas", null, "Dune"];

const ended: Session[] = Array.from({ length: 90 }, (_, index): Session => {
  const start = Math.round(STARTED - (index + 1) * 7.3 * HOUR);
  const energy = 1400 + ((index * 577) % 3300);
  return {
    id: `5eed${String(index + 2).padStart(4, "0")}`,
    station: "courtyard",
    slot: (index % 2) + 1,
    vehicle: VEHICLES[index % 4] ?? null,
    start,
    end: Math.round(start + (energy / 2200) * HOUR),
    energy_wh: energy,
    doubtful_energy_wh: index % 11 === 0 ? 40 : 0,
    // The clock was not known while this one lasted: nobody can say what it costs.
    cost: index === 3 ? null : cost(energy),
    currency: index === 3 ? null : "MAD",
    state: "ended",
    end_reason: ENDS[index % 4] ?? null,
    receipt: index % 4 !== 2,
  };
});

export function sessions(query: URLSearchParams): Session[] {
  const slot = query.get("slot");
  const before = query.get("before");
  const limit = Number(query.get("limit") ?? 100);
  const all = [running(), ...ended].filter((one) => slot === null || String(one.slot) === slot);
  const from = before === null ? 0 : all.findIndex((one) => one.id === before) + 1;
  return all.slice(from, from + limit);
}

function lines(session: Session): BillLine[] {
  const { start, energy_wh: energy } = session;
  const end = session.end ?? Date.now();
  const amount = (((energy ?? 0) / 1000) * PER_KWH).toFixed(2);
  return [
    { ...say("bill_fee"), price: "2.00", amount: "2.00" },
    {
      ...say("bill_energy"),
      from: start ?? null,
      to: end,
      energy_wh: energy ?? null,
      quantity: `${((energy ?? 0) / 1000).toFixed(3)} kWh`,
      price: "1.50",
      amount,
    },
  ];
}

/** What happened, step by step. */
function steps(one: Session) {
  const step = (ms: number, seconds: number, what: Sentence) => {
    const when = new Date(ms).toISOString();
    return say("step_when", { when, seconds: String(seconds), what });
  };
  const start = one.start ?? STARTED;
  const told = [
    step(start, 0, say("step_started", { energy: "0.002 kWh" })),
    step(
      start + HOUR / 2,
      1800,
      say("step_state", {
        before: say("state_charging"),
        after: say("state_suspended_ev"),
        energy: "0.870 kWh",
      }),
    ),
  ];
  if (one.end == null) return told;
  const seconds = Math.round((one.end - start) / 1000);
  const why = say("end_unplugged");
  return [...told, step(one.end, seconds, say("step_ended", { why, energy: "0.112 kWh" }))];
}

export function session(id: string): SessionDetail | undefined {
  const one = [running(), ...ended].find((other) => other.id === id);
  if (!one) return undefined;
  return {
    ...one,
    lines: one.end ? lines(one) : [],
    samples_from: one.start ?? null,
    samples_to: one.end ?? null,
    tariff: "standard, version 2026-11",
    explanation: steps(one),
  };
}

export const receipt = (id: string) => ({
  text: [
    "Courtyard                       slot 1",
    `Session ${id}`,
    "",
    "Session fee                 2.00 MAD",
    "Energy  3.214 kWh x 1.50    4.82 MAD",
    "------------------------------------",
    "Total                       6.80 MAD",
    "",
    "The meter is no certified meter.",
  ].join("\n"),
  signed_by: "Courtyard, slot 1",
  countersigned: true,
  not_certified_meter: true,
});

export function slots(): Slot[] {
  const ts = Date.now() - 700;
  return SLOTS.map(({ number, name, state }): Slot => {
    const values = Object.entries(slotValues(number, ts)).map(([key, value]) => [
      key,
      { ts, value },
    ]);
    return {
      number,
      name,
      state,
      ...reason(number === 3 ? say("slot_meter_gone") : null),
      vehicle_connected: number === 1,
      available: state === "Available",
      values: Object.fromEntries(values) as Slot["values"],
      session: number === 1 ? running() : null,
      verdict: number === 3 ? null : "good",
    };
  });
}

export function preview(body: { toml?: string; energy_wh?: number; start?: number; end?: number }) {
  const price = /per_kwh\s*=\s*([\d.]+)/.exec(body.toml ?? "");
  if (!price) {
    const none: TariffPreview = {
      lines: [],
      total: null,
      errors: [
        say("refused_tariff_line", {
          line: "1",
          seen: "there is no per_kwh",
          right: "a price as 1.50 would be right",
        }),
      ],
    };
    return none;
  }
  const kwh = (body.energy_wh ?? 0) / 1000;
  const amount = (kwh * Number(price[1])).toFixed(2);
  const shown: TariffPreview = {
    total: (Number(amount) + FEE).toFixed(2),
    currency: "MAD",
    errors: [],
    lines: [
      { ...say("bill_fee"), price: "2.00", amount: "2.00" },
      {
        ...say("bill_energy"),
        from: body.start ?? null,
        to: body.end ?? null,
        quantity: `${kwh.toFixed(3)} kWh`,
        price: price[1] ?? null,
        amount,
      },
    ],
  };
  return shown;
}

export function report(month: string): Report {
  const of = [running(), ...ended].filter((one) =>
    new Date(one.start ?? 0).toISOString().startsWith(month),
  );
  const sum = (list: Session[]) => ({
    sessions: list.length,
    unbilled: list.filter((one) => one.cost == null).length,
    unmeasured: list.filter((one) => one.energy_wh == null).length,
    energy_wh: list.reduce((total, one) => total + (one.energy_wh ?? 0), 0),
    revenue: list.reduce((total, one) => total + Number(one.cost ?? 0), 0).toFixed(2),
  });
  const by = (name: (one: Session) => string) => {
    const groups = new Map<string, Session[]>();
    for (const one of of) groups.set(name(one), [...(groups.get(name(one)) ?? []), one]);
    return [...groups].sort(([a], [b]) => a.localeCompare(b));
  };
  return {
    month,
    currency: "MAD",
    undated: 1,
    is_cut: false,
    is_revenue_beyond: false,
    ...sum(of),
    by_slot: by((one) => SLOTS[Number(one.slot) - 1]?.name ?? "").map(([name, list]) => ({
      name,
      ...sum(list),
    })),
    by_vehicle: by((one) => one.vehicle ?? "unknown").map(([name, list]) => ({
      name,
      ...sum(list),
    })),
    by_day: by((one) => new Date(one.start ?? 0).toISOString().slice(0, 10)).map(([day, list]) => ({
      day,
      ...sum(list),
    })),
  };
}
