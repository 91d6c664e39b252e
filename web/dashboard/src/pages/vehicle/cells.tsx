// The voltages of the cells side by side, and how far they are apart. The bars begin near the
// lowest cell, as the axis says, for the differences are thousandths of a volt.

import type { Device } from "../../api/types";
import { freshness } from "../../format/stale";
import { language, MISSING, number, t } from "../../i18n";
import { formatNumber } from "../../format/units";
import { now } from "../../state/clock";
import { connection } from "../../state/connection";
import { Card } from "../../ui/card";
import { Age } from "../../ui/reading";
import { Empty } from "../../ui/states";

export interface Cell {
  number: number;
  volts: number;
  ts: number;
}

/** The cells that the device tells of, in their order; as many as it has. */
export function cellsOf(device: Device): Cell[] {
  return Object.entries(device.values)
    .flatMap(([key, value]) => {
      const found = /^cell_voltage_(\d+)$/.exec(key);
      if (!found || typeof value.value !== "number") return [];
      return [{ number: Number(found[1]), volts: value.value, ts: value.ts }];
    })
    .sort((a, b) => a.number - b.number);
}

/** The axis: at least 50 mV high, round to 10 mV below the lowest cell. */
export function axis(cells: readonly Cell[]): { low: number; high: number } {
  const volts = cells.map((cell) => cell.volts);
  const low = Math.floor((Math.min(...volts) - 0.01) * 100) / 100;
  const high = Math.max(Math.ceil((Math.max(...volts) + 0.005) * 100) / 100, low + 0.05);
  return { low, high };
}

const volts = (value: number) => formatNumber(value, 3, language());

function Bars({ cells }: { cells: readonly (Cell & { stale: boolean })[] }) {
  const { low, high } = axis(cells);
  const all = cells.map((cell) => cell.volts);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const mark = (value: number) => (value === least ? "least" : value === most ? "most" : "");
  return (
    <div class="cells" dir="ltr">
      <div class="cells-axis" aria-hidden="true">
        <span>{formatNumber(high, 2, language())} V</span>
        <span>{formatNumber(low, 2, language())} V</span>
      </div>
      <ol>
        {cells.map((cell) => (
          <li key={cell.number} class={cell.stale ? "stale" : mark(cell.volts)}>
            <span class="cell-volts">{volts(cell.volts)}</span>
            <span class="cell-bar" aria-hidden="true">
              <i style={{ blockSize: `${((cell.volts - low) / (high - low)) * 100}%` }} />
            </span>
            <span class="cell-number">{cell.number}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

export function Cells({ device }: { device: Device }) {
  const cells = cellsOf(device);
  const known = cells.map((cell) => {
    const age = freshness(cell.ts, device.stale_after_s, now.value, connection.value);
    return { ...cell, ...age, stale: age.stale || device.online === false };
  });
  const ofNow = known.filter((cell) => !cell.stale);
  // Cells come in several messages, and one may stop: the spread is of those that are of now, and
  // of all only when none is.
  const counted = ofNow.length > 0 ? ofNow : known;
  const stale = ofNow.length === 0;
  const oldest = known.reduce((age, cell) => Math.max(age, cell.stale ? cell.age_ms : 0), 0);
  const all = counted.map((cell) => cell.volts);
  const spread = cells.length === 0 ? null : Math.max(...all) - Math.min(...all);
  return (
    <Card
      title={t("cells.title")}
      icon="battery"
      area="area-cells"
      actions={
        <span class={stale ? "spread stale" : "spread"}>
          {cells.length > 0 && (
            <bdi dir="ltr">
              {volts(Math.min(...all))} – {volts(Math.max(...all))} V
            </bdi>
          )}
          <span>
            {t("cells.spread")}{" "}
            <bdi dir="ltr">
              <b>{spread === null ? MISSING : number(spread * 1000)}</b> mV
            </bdi>
          </span>
        </span>
      }
    >
      {cells.length === 0 ? (
        <Empty text={t("cells.none")} icon="battery" />
      ) : (
        <div class={stale ? "cells-box stale" : "cells-box"}>
          <Bars cells={known} />
          {oldest > 0 && <Age ms={oldest} />}
        </div>
      )}
    </Card>
  );
}
