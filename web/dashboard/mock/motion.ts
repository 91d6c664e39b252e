// An invented car's drive as a function of time: asked twice for the same moment it says the same,
// so that history and live values agree. Nothing here was ever recorded.

const LATITUDE = 33.5;
const LONGITUDE = -7.6;
const METERS_PER_DEGREE = 111_320;
const AROUND_M = 720;
const MEAN_MPS = 9.5;

const wave = (seconds: number, period: number, phase = 0) =>
  Math.sin((2 * Math.PI * seconds) / period + phase);

/** Speed in km/h; it stands for some seconds now and then. */
export function speed(ts: number, phase: number): number {
  const s = ts / 1000 + 977 * phase;
  const v = 38 + 20 * wave(s, 97, phase) + 12 * wave(s, 41) + 8 * wave(s, 283);
  const halt = Math.min(1, Math.abs((s % 180) - 90) / 14);
  return Math.max(0, v * (halt < 0.35 ? 0 : (halt - 0.35) / 0.65));
}

/** Power into the battery in watts: drag and acceleration take it, braking gives some back. */
export function power(ts: number, phase: number): number {
  const v = speed(ts, phase) / 3.6;
  const a = (speed(ts + 500, phase) - speed(ts - 500, phase)) / 3.6;
  const wheel = 620 * v * a + 90 * v + 0.45 * v ** 3;
  const clipped = Math.max(-4200, Math.min(14_500, wheel));
  return -(clipped > 0 ? clipped / 0.85 : clipped * 0.62) - 160;
}

/** Where it is on a closed way of about five kilometres, with its heading. */
export function place(ts: number, phase: number) {
  const way = (MEAN_MPS * ts) / 1000 + 900 * phase;
  const here = point(way);
  const next = point(way + 3);
  const north = next.y - here.y;
  const east = next.x - here.x;
  return {
    latitude: LATITUDE + here.y / METERS_PER_DEGREE,
    longitude: LONGITUDE + here.x / (METERS_PER_DEGREE * Math.cos((LATITUDE * Math.PI) / 180)),
    heading: ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360,
    altitude: 62 + 14 * Math.sin(way / 610) + 5 * Math.sin(way / 190),
  };
}

function point(way: number): { x: number; y: number } {
  const angle = way / AROUND_M;
  const radius = AROUND_M + 190 * Math.sin(3 * angle) + 95 * Math.cos(5 * angle);
  return { x: 1.25 * radius * Math.cos(angle), y: 0.8 * radius * Math.sin(angle) };
}

/** State of charge in percent. */
export const soc = (ts: number, phase: number) => 62 - 26 * wave(ts / 1000, 39_600, phase);

export const CELLS = 14;

export function cell(ts: number, phase: number, number: number): number {
  const base = 3.52 + 0.55 * (soc(ts, phase) / 100) + 0.0000012 * power(ts, phase);
  const own = [4, -3, 1, 0, -6, 2, 3, -1, 5, -2, 0, 2, -4, 1][number - 1] ?? 0;
  return Math.round((base + own / 1000) * 200) / 200;
}

/** Everything that a driving car says. */
export function driving(ts: number, phase: number): Record<string, number | string | boolean> {
  const v = speed(ts, phase);
  const watts = power(ts, phase);
  const charge = soc(ts, phase);
  const at = place(ts, phase);
  const round = (value: number, digits: number) => Number(value.toFixed(digits));
  const values: Record<string, number | string | boolean> = {
    motor_speed: round(v, 1),
    battery_power: round(watts, 0),
    soc: round(charge, 2),
    range: round(charge * 0.82, 0),
    available_energy: round(charge * 0.061, 2),
    state_of_health: 94,
    odometer: round(3585 + (ts / 1000 / 3600) * 0.03, 1),
    gear: v > 1 ? "Drive" : "Neutral",
    brake: watts > 300 || v < 1,
    motor_active: true,
    is_charging: false,
    accelerator: Math.max(0, Math.min(100, round(-watts / 120, 0))),
    battery_voltage: round(cell(ts, phase, 4) * CELLS, 1),
    current: round(watts / (cell(ts, phase, 4) * CELLS), 1),
    max_drive_power: 15.5,
    max_recup_power: 4.5,
    motor_temp: round(61 + 6 * wave(ts / 1000, 1900), 0),
    inverter_temp: round(48 + 4 * wave(ts / 1000, 1500), 0),
    charger_temp: 31,
    cell_temp_max: 29,
    cell_temp_min: 26,
    latitude: round(at.latitude, 6),
    longitude: round(at.longitude, 6),
    altitude: round(at.altitude, 1),
    gps_speed: round(v + 0.4, 1),
    satellites: 11,
  };
  for (let number = 1; number <= CELLS; number += 1) {
    values[`cell_voltage_${number}`] = round(cell(ts, phase, number), 3);
  }
  return values;
}

/** A car that stands at a slot and charges; the charge began at `began`. */
export function charging(ts: number, phase: number, began: number) {
  const minutes = (ts - began) / 60_000;
  const charge = Math.min(99.5, 41 + minutes * 0.62);
  const watts = charge > 92 ? 2050 * ((100 - charge) / 8 + 0.12) : 2050;
  const cells: Record<string, number> = {};
  for (let number = 1; number <= CELLS; number += 1) {
    const own = Math.round(4 * Math.sin(number * 1.7));
    cells[`cell_voltage_${number}`] = Number((3.66 + charge * 0.0035 + own / 1000).toFixed(3));
  }
  const at = place(-40_000, phase);
  return {
    ...driving(began, phase),
    ...cells,
    motor_speed: 0,
    gear: "Neutral",
    brake: false,
    motor_active: false,
    is_charging: true,
    accelerator: 0,
    battery_power: Number((watts + 12 * wave(ts / 1000, 23)).toFixed(0)),
    current: Number((watts / 55.2).toFixed(1)),
    soc: Number(charge.toFixed(2)),
    range: Math.round(charge * 0.82),
    available_energy: Number((charge * 0.061).toFixed(2)),
    charger_temp: 47,
    motor_temp: 33,
    inverter_temp: 30,
    latitude: Number(at.latitude.toFixed(6)),
    longitude: Number(at.longitude.toFixed(6)),
  };
}
