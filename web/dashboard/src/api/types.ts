// What the back end says: the objects of the HTTP API v1. Times are milliseconds since 1970 UTC;
// what is not known is null or absent, never 0. The back end's /api/v1/openapi.json is the norm.

import type { Said } from "../i18n/said";

export type Feature =
  | "fleet"
  | "trips"
  | "charges"
  | "v2x"
  | "slots"
  | "sessions"
  | "tariff"
  | "report"
  | "alarms"
  | "rpc"
  | "shared"
  | "provisioning"
  | "users"
  | "audit"
  | "backup"
  | "history"
  | "battery"
  | "health";

export type Role = "viewer" | "operator" | "admin";
export type Millis = number;
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export interface About {
  product: string;
  version: string;
  role: "hub" | "vehicle" | "station";
}

/** Where map tiles may come from; only there when whoever runs the site has named a server. */
export interface Tiles {
  url: string;
  attribution: string;
}

export interface Me {
  user: string;
  role: Role;
  csrf: string;
  site: {
    name: string;
    kind: "hub" | "vehicle" | "station";
    features: Feature[];
    tiles?: Tiles | null;
  };
  now: Millis;
}

export interface Value {
  ts: Millis;
  value: Json;
}

export type Severity = "info" | "warning" | "critical";

export interface Alarm {
  id: string | number;
  device: string;
  kind: string;
  text: string;
  said?: Said | null;
  severity: Severity;
  began: Millis;
  ended?: Millis | null;
  acknowledged_by?: string | null;
  acknowledged_at?: Millis | null;
}

export type DeviceKind = "vehicle" | "station" | "slot" | "unknown";

export interface Device {
  id: string;
  name: string;
  kind: DeviceKind;
  parent?: string | null;
  online?: boolean | null;
  last_seen?: Millis | null;
  stale_after_s: number;
  values: Record<string, Value>;
  attributes: Record<string, Json>;
  alarms: Alarm[];
}

/** `[ts, value]`, or `[ts, mean, lowest, highest]` where the back end has thinned. */
export type Point = [Millis, Json] | [Millis, number, number, number];

export interface History {
  from: Millis;
  to: Millis;
  resolution: "raw" | "minute" | "hour";
  step_ms: number;
  series: Record<string, Point[]>;
}

export interface Trip {
  id: string | number;
  start: Millis;
  end?: Millis | null;
  distance_km?: number | null;
  energy_out_wh?: number | null;
  energy_regenerated_wh?: number | null;
  wh_per_km?: number | null;
  max_speed_kmh?: number | null;
  soc_from?: number | null;
  soc_to?: number | null;
  source?: string | null;
}

export interface Charge {
  id: string | number;
  start: Millis;
  end?: Millis | null;
  energy_wh?: number | null;
  soc_from?: number | null;
  soc_to?: number | null;
  max_power_w?: number | null;
  inferred?: boolean;
  cause?: string | null;
  station_energy_wh?: number | null;
  efficiency?: number | null;
  cost?: string | null;
  currency?: string | null;
}

export interface BatteryPoint {
  ts: Millis;
  capacity_ah?: number | null;
  soh_percent?: number | null;
  cell_spread_v?: number | null;
}

export interface Warning {
  id: string | number;
  ts: Millis;
  kind: string;
  reason?: string | null;
  said?: Said | null;
  confidence?: number | null;
  station_id?: string | number | null;
  distance_m?: number | null;
  ended?: Millis | null;
  device?: string;
}

export interface Neighbour {
  station_id: string | number;
  kind: "car" | "station";
  latitude?: number | null;
  longitude?: number | null;
  speed_kmh?: number | null;
  heading?: number | null;
  age_ms?: number | null;
  confidence?: number | null;
  verified?: boolean;
  legacy?: boolean;
  rssi_dbm?: number | null;
  delivery_ratio?: number | null;
  age_of_information_ms?: number | null;
  distance_m?: number | null;
}

export interface LinkBand {
  from_m: number;
  to_m?: number | null;
  delivery_ratio?: number | null;
  age_of_information_ms?: number | null;
  messages?: number | null;
}

export interface V2x {
  own?: { latitude: number; longitude: number; heading?: number | null } | null;
  neighbours: Neighbour[];
  heard?: number | null;
  warnings: Warning[];
  link_by_distance: LinkBand[];
  counters: Record<string, number>;
}

export type HealthStatus = "ok" | "degraded" | "failed" | "unknown";

export interface Health {
  status: HealthStatus;
  parts: { name: string; status: HealthStatus; says?: string | null; said?: Said | null }[];
}
