// What the back end says of charging stations: slots, sessions, tariffs, accounts. Money is text,
// digit by digit as it was billed; the pages never compute with it.

import type { Said, Sentence } from "../i18n/said";
import type { Json, Millis, Value } from "./types";

export interface Session {
  id: string;
  station: string;
  slot: number | string;
  vehicle?: string | null;
  start?: Millis | null;
  end?: Millis | null;
  energy_wh?: number | null;
  doubtful_energy_wh?: number | null;
  cost?: string | null;
  currency?: string | null;
  state?: string | null;
  end_reason?: string | null;
  receipt?: boolean;
}

export interface Slot {
  number: number;
  name: string;
  state?: string | null;
  reason?: string | null;
  said?: Said | null;
  vehicle_connected?: boolean | null;
  available?: boolean | null;
  values: Record<string, Value | Json>;
  session?: Session | null;
  verdict?: string | null;
}

export interface BillLine {
  text: string;
  said?: Said | null;
  from?: Millis | null;
  to?: Millis | null;
  energy_wh?: number | null;
  /** What is charged for, with its unit. */
  quantity?: string | null;
  price?: string | null;
  amount?: string | null;
}

export interface SessionDetail extends Session {
  lines?: BillLine[];
  samples_from?: Millis | null;
  samples_to?: Millis | null;
  tariff?: string | null;
  explanation?: Sentence[];
}

export interface Receipt {
  text: string;
  signed_by?: string | null;
  countersigned?: boolean;
  not_certified_meter?: boolean;
  /** What was signed, in hexadecimal. */
  signed?: SignedBytes | null;
}

export interface SignedBytes {
  receipt: string;
  signature: string;
  countersignature?: string | null;
}

export interface Tariff {
  toml: string;
  currency?: string | null;
  description?: string | null;
}

export interface TariffPreview {
  lines?: BillLine[];
  total?: string | null;
  currency?: string | null;
  errors?: Sentence[];
}

/** What a slot or a vehicle (`name`) or a day had of a month. */
export interface ReportRow {
  name?: string | null;
  day?: string | null;
  sessions?: number | null;
  /** Of them, how many have no price. */
  unbilled?: number | null;
  /** Of them, how many have no energy that anybody told. */
  unmeasured?: number | null;
  energy_wh?: number | null;
  revenue?: string | null;
}

export interface Report {
  month: string;
  sessions?: number | null;
  unbilled?: number | null;
  unmeasured?: number | null;
  /** There were more sessions than are added up. */
  is_cut?: boolean;
  /** More was charged than a sum can hold. */
  is_revenue_beyond?: boolean;
  /** Sessions of the station that are in no month. */
  undated?: number | null;
  energy_wh?: number | null;
  revenue?: string | null;
  currency?: string | null;
  by_slot?: ReportRow[];
  by_vehicle?: ReportRow[];
  by_day?: ReportRow[];
}
