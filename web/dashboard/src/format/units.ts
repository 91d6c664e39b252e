// Quantities in the units that the user reads: metric as the back end says them, or imperial. The
// back end speaks km/h, km, m, °C, Wh/km; what has one unit everywhere (V, A, W, %) stays.

import type { Units } from "../state/preferences";

export type Quantity =
  | "speed"
  | "distance"
  | "length"
  | "temperature"
  | "consumption"
  | "power"
  | "energy"
  | "voltage"
  | "cell_voltage"
  | "current"
  | "percent"
  | "charge"
  | "rpm"
  | "frequency"
  | "decibel"
  | "ratio"
  | "number";

interface Form {
  unit: string;
  decimals: number;
  convert?: (value: number) => number;
}

const KM_PER_MILE = 1.609344;
const M_PER_FOOT = 0.3048;

export const METRIC: Record<Quantity, Form> = {
  speed: { unit: "km/h", decimals: 0 },
  distance: { unit: "km", decimals: 1 },
  length: { unit: "m", decimals: 0 },
  temperature: { unit: "°C", decimals: 0 },
  consumption: { unit: "Wh/km", decimals: 0 },
  power: { unit: "kW", decimals: 1, convert: (watts) => watts / 1000 },
  energy: { unit: "kWh", decimals: 2, convert: (wattHours) => wattHours / 1000 },
  voltage: { unit: "V", decimals: 1 },
  cell_voltage: { unit: "V", decimals: 3 },
  current: { unit: "A", decimals: 1 },
  percent: { unit: "%", decimals: 0 },
  charge: { unit: "Ah", decimals: 1 },
  rpm: { unit: "rpm", decimals: 0 },
  frequency: { unit: "Hz", decimals: 1 },
  decibel: { unit: "dBm", decimals: 0 },
  ratio: { unit: "%", decimals: 0, convert: (share) => share * 100 },
  number: { unit: "", decimals: 2 },
};

const IMPERIAL: Partial<Record<Quantity, Form>> = {
  speed: { unit: "mph", decimals: 0, convert: (kmh) => kmh / KM_PER_MILE },
  distance: { unit: "mi", decimals: 1, convert: (km) => km / KM_PER_MILE },
  length: { unit: "ft", decimals: 0, convert: (meters) => meters / M_PER_FOOT },
  temperature: { unit: "°F", decimals: 0, convert: (celsius) => celsius * 1.8 + 32 },
  consumption: { unit: "Wh/mi", decimals: 0, convert: (perKm) => perKm * KM_PER_MILE },
};

function form(quantity: Quantity, units: Units): Form {
  return (units === "imperial" ? IMPERIAL[quantity] : undefined) ?? METRIC[quantity];
}

export const unitOf = (quantity: Quantity, units: Units) => form(quantity, units).unit;

/** The number in the user's unit, not rounded. */
export function inUnit(value: number, quantity: Quantity, units: Units): number {
  return form(quantity, units).convert?.(value) ?? value;
}

export interface Shown {
  number: string;
  unit: string;
}

/**
 * The number as text and its unit; `null` for what is not known or no number. Digits are 0 to 9 in
 * every language: they are what stands on meters and number plates where the languages are spoken.
 */
export function show(
  value: unknown,
  quantity: Quantity,
  units: Units,
  language: string,
  decimals?: number,
): Shown | null {
  if (typeof value !== "number" || !Number.isFinite(value)) return null;
  const { unit, decimals: usual } = form(quantity, units);
  const digits = decimals ?? usual;
  const number = inUnit(value, quantity, units);
  return { number: formatNumber(number, digits, language), unit };
}

const formats = new Map<string, Intl.NumberFormat>();

export function formatNumber(value: number, decimals: number, language: string): string {
  const key = `${language} ${decimals}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(`${language}-u-nu-latn`, {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
      signDisplay: "negative",
    });
    formats.set(key, format);
  }
  return format.format(value);
}

/** Money is shown digit by digit as it was billed; the code of the currency follows. */
export function showMoney(amount: string | null | undefined, currency?: string | null): string {
  if (amount === null || amount === undefined || amount === "") return "—";
  return currency ? `${amount} ${currency}` : amount;
}
