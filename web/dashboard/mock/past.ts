// What was: histories, drives, charges, the battery's health; all of it invented from the time
// alone.

import type {
  BatteryPoint,
  Charge,
  Health,
  HealthStatus,
  History,
  Point,
  Trip,
} from "../src/api/types";
import type { Sentence } from "../src/i18n/said";
import { say } from "./sentences";
import type { World } from "./world";
import { CHARGE_BEGAN, STARTED } from "./world";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The drive of ten hours that the browser tests measure with; it is given whole, every second. */
const LONG_START = STARTED - 3 * DAY;
const LONG_END = LONG_START + 10 * HOUR;

export function history(world: World, id: string, query: URLSearchParams): History {
  const to = Math.min(Number(query.get("to") ?? Date.now()), Date.now());
  const from = Number(query.get("from") ?? to - HOUR);
  const points = Number(query.get("points") ?? 2000);
  const keys = (query.get("keys") ?? "").split(",").filter((key) => key !== "");
  const long = from === LONG_START && to === LONG_END;
  const step = long ? 1000 : Math.max(1000, Math.ceil((to - from) / points / 1000) * 1000);
  const resolution = step === 1000 ? "raw" : step < 20 * MINUTE ? "minute" : "hour";
  const series: Record<string, Point[]> = Object.fromEntries(keys.map((key) => [key, []]));
  for (let ts = Math.ceil(from / step) * step; ts <= to; ts += step) {
    const parts = resolution === "raw" ? [0] : [0, 0.25, 0.5, 0.75];
    const said = parts.map((share) => world.says(id, ts + share * step));
    for (const key of keys) {
      const values = said.flatMap((row) => (typeof row[key] === "number" ? [row[key]] : []));
      const first = values[0];
      if (first === undefined) continue;
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const point: Point =
        resolution === "raw" ? [ts, first] : [ts, mean, Math.min(...values), Math.max(...values)];
      series[key]?.push(point);
    }
  }
  return { from, to, resolution, step_ms: step, series };
}

const LENGTHS = [18, 42, 27, 65, 12, 33];

export function trips(from: number): Trip[] {
  const all: Trip[] = [
    {
      id: "now",
      start: STARTED - 24 * MINUTE,
      end: null,
      distance_km: 13.7,
      energy_out_wh: 1102,
      energy_regenerated_wh: 148,
      wh_per_km: 69.6,
      max_speed_kmh: 71,
      soc_from: 82,
      soc_to: 66,
      source: "odometer",
    },
    {
      id: "long",
      start: LONG_START,
      end: LONG_END,
      distance_km: 342,
      energy_out_wh: 24_100,
      energy_regenerated_wh: 3180,
      wh_per_km: 61.2,
      max_speed_kmh: 78,
      soc_from: 98,
      soc_to: 31,
      source: "odometer",
    },
  ];
  for (let day = 1; day < 30; day += 1) {
    const length = (LENGTHS[day % LENGTHS.length] ?? 20) * MINUTE;
    const start = STARTED - day * DAY - 2 * HOUR;
    const km = Number(((length / MINUTE) * 0.57).toFixed(1));
    all.push({
      id: `d${day}`,
      start,
      end: start + length,
      distance_km: km,
      energy_out_wh: Math.round(km * (66 + (day % 5) * 3)),
      energy_regenerated_wh: Math.round(km * 9),
      wh_per_km: 57 + (day % 5) * 3,
      max_speed_kmh: 58 + (day % 7) * 3,
      soc_from: 90 - (day % 9),
      // Of one drive it is not known how it ended.
      soc_to: day === 4 ? null : 90 - (day % 9) - Math.round(km),
      source: "odometer",
    });
  }
  return all.filter((trip) => (trip.end ?? Date.now()) >= from);
}

export function charges(from: number, charging: boolean): Charge[] {
  const all: Charge[] = [];
  if (charging) {
    all.push({
      id: "now",
      start: CHARGE_BEGAN,
      end: null,
      energy_wh: Math.round(((Date.now() - CHARGE_BEGAN) / HOUR) * 2050),
      soc_from: 41,
      soc_to: null,
      max_power_w: 2064,
      inferred: false,
      cause: null,
    });
  }
  for (let day = 1; day < 30; day += 2) {
    const energy = 2100 + ((day * 37) % 1900);
    const known = day % 3 !== 0;
    const start = STARTED - day * DAY - 9 * HOUR;
    all.push({
      id: `c${day}`,
      start,
      end: Math.round(start + (energy / 2050) * HOUR),
      energy_wh: energy,
      soc_from: 34 + (day % 20),
      soc_to: 96,
      max_power_w: 2100,
      inferred: day % 5 === 0,
      cause: "current stopped",
      station_energy_wh: known ? Math.round(energy / 0.873) : null,
      efficiency: known ? 0.873 : null,
      cost: known ? (energy * 0.00172).toFixed(2) : null,
      currency: known ? "MAD" : null,
    });
  }
  return all.filter((charge) => (charge.end ?? Date.now()) >= from);
}

export function battery(): BatteryPoint[] {
  const points: BatteryPoint[] = [];
  for (let week = 52; week >= 0; week -= 1) {
    const health = 94 + week * 0.035 + 0.25 * Math.sin(week * 1.3);
    points.push({
      ts: STARTED - week * 7 * DAY,
      capacity_ah: Number((1.08 * health).toFixed(2)),
      soh_percent: Number(health.toFixed(2)),
      cell_spread_v: Number((0.011 + 0.00008 * (52 - week) + 0.0015 * Math.cos(week)).toFixed(4)),
    });
  }
  return points;
}

const part = (name: string, status: HealthStatus, sentence: Sentence) => ({
  name,
  status,
  says: sentence.text,
  said: sentence.said ?? null,
});

export function health(): Health {
  const lost = say("health_nothing_lost", { count: "0", what: say("count_frames") });
  // The system's own error has no code: it is shown as it is.
  const refused = { text: "not connected: connection refused (os error 111)" };
  return {
    status: "degraded",
    parts: [
      part("collector", "ok", say("health_frames_arrive")),
      part("link", "ok", lost),
      part("clock", "ok", say("health_clock_gnss_within", { seconds: "0.1" })),
      part("disk", "ok", say("health_disk_free", { free: "21000 MB" })),
      part("broker", "degraded", refused),
      part("outbox", "ok", say("health_outbox", { waiting: "14" })),
    ],
  };
}
