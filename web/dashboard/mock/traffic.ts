// The invented traffic around a car: neighbours, warnings, the link, counters.

import type { Neighbour, V2x, Warning } from "../src/api/types";
import { place, speed } from "./motion";
import { reason, say } from "./sentences";
import { STARTED } from "./world";

const MINUTE = 60_000;
/** A warning every so often, for so long. */
const EVERY_MS = 40_000;
const LASTS_MS = 14_000;
const KINDS = ["emergency_brake_light", "stationary_vehicle", "forward_collision"];

const braking = (rate: string) =>
  say("warning_says", {
    what: say("warning_slows", { rate, what: say("warning_braking", { distance: "48" }) }),
    percent: "92",
  });

const closingUp = () =>
  say("warning_says", {
    what: say("warning_closing_up", {
      speed: "8.1",
      what: say("warning_forward_collision_in", { distance: "33", seconds: "2.1" }),
    }),
    percent: "70",
  });

/** The warning of a time, if there is one. */
export function warningAt(ts: number): Warning | null {
  const round = Math.floor((ts - STARTED) / EVERY_MS);
  const began = STARTED + round * EVERY_MS + 4000;
  if (ts < began || ts > began + LASTS_MS) return null;
  const kind = KINDS[Math.abs(round) % KINDS.length] ?? "breakdown";
  return {
    id: `w${round}`,
    ts: began,
    kind,
    ...reason(braking("5.2")),
    confidence: 0.92,
    station_id: "2a91f03c",
    distance_m: 48,
    ended: null,
  };
}

export function warningLog(from: number): Warning[] {
  const log: Warning[] = [];
  for (let number = 1; number < 24; number += 1) {
    const ts = STARTED - number * 47 * MINUTE;
    log.push({
      id: `old${number}`,
      ts,
      kind: KINDS[number % KINDS.length] ?? "breakdown",
      ...reason(number % 2 === 0 ? braking("6.1") : closingUp()),
      confidence: 0.7 + (number % 3) / 10,
      station_id: number % 4 === 0 ? "9d00c1b7" : "2a91f03c",
      distance_m: 30 + number * 3,
      ended: ts + 6000 + number * 200,
    });
  }
  return log.filter((warning) => warning.ts >= from);
}

function neighbour(id: string, phase: number, now: number, rest: Partial<Neighbour>): Neighbour {
  const age = rest.age_ms ?? 80 + ((now / 10) % 90);
  const at = place(now - age, phase);
  return {
    station_id: id,
    kind: "car",
    latitude: at.latitude,
    longitude: at.longitude,
    heading: at.heading,
    speed_kmh: Math.round(speed(now, phase)),
    confidence: 0.97,
    verified: true,
    legacy: false,
    rssi_dbm: -61,
    delivery_ratio: 0.985,
    age_of_information_ms: 112,
    distance_m: Math.round(900 * phase),
    ...rest,
    age_ms: Math.round(age),
  };
}

export function traffic(now: number): V2x {
  const warning = warningAt(now);
  const station = place(-40_000, 1);
  return {
    own: place(now, 0),
    neighbours: [
      neighbour("2a91f03c", 0.07, now, {}),
      neighbour("9d00c1b7", 0.21, now, { rssi_dbm: -78, delivery_ratio: 0.91, confidence: 0.81 }),
      neighbour("HELECAR_2", 0.33, now, {
        legacy: true,
        verified: false,
        confidence: 0.4,
        rssi_dbm: -84,
        delivery_ratio: 0.72,
        age_of_information_ms: 640,
      }),
      neighbour("71c4e2aa", 0.45, now, {
        age_ms: 3400,
        confidence: 0.35,
        rssi_dbm: -91,
        delivery_ratio: 0.41,
        age_of_information_ms: 2100,
      }),
      neighbour("c0ffee01", 0.6, now, {
        kind: "station",
        latitude: station.latitude,
        longitude: station.longitude,
        heading: null,
        speed_kmh: null,
        age_ms: 900,
      }),
    ],
    warnings: warning ? [warning] : [],
    link_by_distance: [
      { from_m: 0, to_m: 50, delivery_ratio: 0.996, age_of_information_ms: 104, messages: 18_211 },
      { from_m: 50, to_m: 100, delivery_ratio: 0.981, age_of_information_ms: 118, messages: 9120 },
      { from_m: 100, to_m: 200, delivery_ratio: 0.91, age_of_information_ms: 190, messages: 6033 },
      { from_m: 200, to_m: 400, delivery_ratio: 0.64, age_of_information_ms: 720, messages: 2210 },
      { from_m: 400, to_m: null, delivery_ratio: null, age_of_information_ms: null, messages: 0 },
    ],
    counters: {
      verified: 35_402 + Math.floor((now - STARTED) / 100),
      forged: 3,
      replayed: 12,
      expired: 1,
      unknown_signer: 44,
      legacy: 1802,
      malformed: 0,
      revoked: 0,
    },
  };
}
