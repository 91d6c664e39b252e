// A slot's values: each with its time, or bare where the back end has one time for all of them.

import type { Slot } from "../../api/station";
import type { Device, Json, Value } from "../../api/types";

export interface SlotValue {
  value: Json;
  ts: number | null;
}

function isTimed(value: Value | Json): value is Value {
  return typeof value === "object" && value !== null && !Array.isArray(value) && "value" in value;
}

export function slotValue(slot: Slot, key: string): SlotValue | null {
  const said = slot.values[key];
  if (said === undefined || said === null) return null;
  if (isTimed(said)) return { value: said.value, ts: said.ts };
  return { value: said, ts: null };
}

/** When it was last known how the slot is: by its own values or by a word of its station. */
export function slotSeen(slot: Slot, station: Device): number | null {
  const times = Object.keys(slot.values).flatMap((key) => slotValue(slot, key)?.ts ?? []);
  const seen = Math.max(station.last_seen ?? -Infinity, ...times);
  return Number.isFinite(seen) ? seen : null;
}

/** What a driver reads from two metres. */
export type Face = "free" | "charging" | "connected" | "faulted" | "unavailable" | "unknown";

/** The states are those of OCPP 1.6. */
const FACES: Record<string, Face> = {
  available: "free",
  preparing: "connected",
  charging: "charging",
  suspendedev: "connected",
  suspendedevse: "connected",
  finishing: "connected",
  reserved: "connected",
  unavailable: "unavailable",
  faulted: "faulted",
};

export function faceOf(slot: Slot): Face {
  const state = (slot.state ?? "").toLowerCase().replace(/[^a-z]/g, "");
  return FACES[state] ?? "unknown";
}
