// Whether a value may be shown as if it were of now. A value older than the device's time is stale
// and shown with its age; while the back end is not heard every value is.

import type { Device, Value } from "../api/types";
import type { Connection } from "../state/connection";

export interface Freshness {
  stale: boolean;
  /** Below zero: from the future, by a clock that is wrong. */
  age_ms: number;
}

/** Clocks that agree may be as far apart. */
export const CLOCKS_APART_MS = 60_000;

export function freshness(
  ts: number,
  staleAfterSeconds: number,
  now: number,
  connection: Connection,
): Freshness {
  const ahead = ts - now > CLOCKS_APART_MS;
  const age_ms = ahead ? now - ts : Math.max(0, now - ts);
  const old = age_ms > staleAfterSeconds * 1000;
  return { stale: connection === "lost" || ahead || old, age_ms };
}

/** The newest of some values of a device; `null` when it has none of them. */
export function newest(device: Device, keys: readonly string[]): Value | null {
  let found: Value | null = null;
  for (const key of keys) {
    const value = device.values[key];
    if (value && (!found || value.ts > found.ts)) found = value;
  }
  return found;
}

export type DeviceState = "online" | "stale" | "offline" | "unknown";

/** What a device is: offline when the back end says so, stale when it has been silent for long. */
export function deviceState(device: Device, now: number, connection: Connection): DeviceState {
  const seen = device.last_seen ?? null;
  if (connection === "lost") return seen === null ? "unknown" : "stale";
  if (device.online === false) return "offline";
  if (seen === null) return "unknown";
  return freshness(seen, device.stale_after_s, now, connection).stale ? "stale" : "online";
}

/** A value if it is a number, else nothing: never 0 for what is not known. */
export function numberOf(device: Device, key: string): number | null {
  const value = device.values[key]?.value;
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
