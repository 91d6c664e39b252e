// The battery's health over time: capacity, state of health, spread of the cells.

import { useMemo } from "preact/hooks";
import { part } from "../../api/client";
import type { BatteryPoint, Device, History, Point } from "../../api/types";
import { quantity, t, time } from "../../i18n";
import { Plot } from "../../plot/plot";
import { useApi } from "../../state/load";
import { Card, Figure, PageTitle } from "../../ui/card";
import { isoTime } from "../../ui/download";
import { LoadedView } from "../../ui/states";
import { CsvButton } from "../../ui/table";
import type { Column } from "../../ui/table";

const KEYS = ["capacity_ah", "soh_percent", "cell_spread_v"] as const;
/** Determinations lie days apart: a line goes on over a quarter of a year. */
const STEP_MS = 18 * 86_400_000;

export function asHistory(points: readonly BatteryPoint[]): History {
  const sorted = [...points].sort((a, b) => a.ts - b.ts);
  const series: Record<string, Point[]> = {};
  for (const key of KEYS) {
    series[key] = sorted.flatMap((point): Point[] => {
      const value = point[key];
      return typeof value === "number" ? [[point.ts, value]] : [];
    });
  }
  const from = sorted[0]?.ts ?? 0;
  const to = sorted[sorted.length - 1]?.ts ?? 0;
  return { from, to, resolution: "raw", step_ms: STEP_MS, series };
}

function columns(): Column<BatteryPoint>[] {
  return [
    {
      name: t("battery.time"),
      cell: (point) => time(point.ts),
      csv: ["time", (point) => isoTime(point.ts)],
    },
    { name: "capacity_ah", cell: () => null, csv: ["capacity_ah", (point) => point.capacity_ah] },
    { name: "soh_percent", cell: () => null, csv: ["soh_percent", (point) => point.soh_percent] },
    {
      name: "cell_spread_v",
      cell: () => null,
      csv: ["cell_spread_v", (point) => point.cell_spread_v],
    },
  ];
}

export function BatteryHealth({ device }: { device: Device }) {
  const battery = useApi<BatteryPoint[]>(`/devices/${part(device.id)}/battery`);
  return (
    <>
      <PageTitle title={t("nav.battery")}>
        <CsvButton columns={columns()} rows={battery.data ?? []} name={`battery ${device.name}`} />
      </PageTitle>
      <LoadedView
        of={battery}
        icon="battery"
        empty={(list) => (list.length === 0 ? t("battery.none") : null)}
      >
        {(list) => <Shown points={list} />}
      </LoadedView>
    </>
  );
}

function Shown({ points }: { points: readonly BatteryPoint[] }) {
  const history = useMemo(() => asHistory(points), [points]);
  const last = (key: (typeof KEYS)[number]) => {
    const of = history.series[key] ?? [];
    return of[of.length - 1]?.[1] ?? null;
  };
  return (
    <>
      <div class="figures strip">
        <Figure name={t("battery.soh")}>{quantity(last("soh_percent"), "percent", 1)}</Figure>
        <Figure name={t("battery.capacity")}>{quantity(last("capacity_ah"), "charge")}</Figure>
        <Figure name={t("battery.spread")}>
          {quantity(last("cell_spread_v"), "cell_voltage")}
        </Figure>
        <Figure name={t("battery.last")}>{time(history.to, "date")}</Figure>
      </div>
      <div class="grid two">
        <Card title={t("battery.soh")} icon="heart">
          <Plot
            title={t("battery.soh")}
            history={history}
            lines={[
              {
                key: "soh_percent",
                label: t("battery.soh"),
                quantity: "percent",
                color: "--plot-1",
              },
            ]}
          />
        </Card>
        <Card title={t("battery.capacity")} icon="battery">
          <Plot
            title={t("battery.capacity")}
            history={history}
            lines={[
              {
                key: "capacity_ah",
                label: t("battery.capacity"),
                quantity: "charge",
                color: "--plot-4",
              },
            ]}
          />
        </Card>
        <Card title={t("battery.spread")} icon="plot">
          <Plot
            title={t("battery.spread")}
            history={history}
            lines={[
              {
                key: "cell_spread_v",
                label: t("battery.spread"),
                quantity: "cell_voltage",
                decimals: 3,
                color: "--plot-2",
              },
            ]}
          />
        </Card>
      </div>
    </>
  );
}
