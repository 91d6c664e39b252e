// Temperatures, each on a bar from -20 to 120 °C with its usual range.

import type { Device } from "../../api/types";
import { numberOf } from "../../format/stale";
import { t } from "../../i18n";
import type { Key } from "../../i18n";
import { Card } from "../../ui/card";
import { Reading } from "../../ui/reading";

const COLDEST = -20;
const HOTTEST = 120;

/** The key, its name, and from which temperature on it is warm and hot, in °C. */
const ROWS: readonly [string, Key, number, number][] = [
  ["motor_temp", "temperature.motor", 80, 100],
  ["inverter_temp", "temperature.inverter", 70, 85],
  ["charger_temp", "temperature.charger", 60, 75],
  ["cell_temp_max", "temperature.cellMax", 42, 50],
  ["cell_temp_min", "temperature.cellMin", 42, 50],
];

function tone(value: number | null, warm: number, hot: number): string {
  if (value === null) return "";
  if (value >= hot) return "hot";
  return value >= warm ? "warm" : "";
}

export function Temperatures({ device }: { device: Device }) {
  return (
    <Card title={t("temperature.title")} icon="heart" area="area-temperatures">
      <ul class="bars">
        {ROWS.map(([key, name, warm, hot]) => {
          const value = numberOf(device, key);
          const share = value === null ? 0 : (value - COLDEST) / (HOTTEST - COLDEST);
          const percent = Math.min(100, Math.max(0, share * 100));
          return (
            <li key={key}>
              <span>{t(name)}</span>
              <Reading device={device} value={key} quantity="temperature" />
              <span class={`bar ${tone(value, warm, hot)}`} aria-hidden="true">
                <i style={{ inlineSize: `${percent}%` }} />
              </span>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
