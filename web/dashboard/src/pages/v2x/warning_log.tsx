// Warnings: those of now on top, then the log of the chosen span.

import { part } from "../../api/client";
import type { Device, Warning } from "../../api/types";
import { duration, MISSING, quantity, t, time, word } from "../../i18n";
import { warnings } from "../../state/devices";
import { useApi } from "../../state/load";
import { Badge } from "../../ui/badge";
import { Card } from "../../ui/card";
import { isoTime } from "../../ui/download";
import { SpanChoice, useSpan } from "../../ui/range";
import { Says } from "../../ui/says";
import { LoadedView } from "../../ui/states";
import { CsvButton, Table } from "../../ui/table";
import type { Column } from "../../ui/table";

function columns(): Column<Warning>[] {
  return [
    {
      name: t("warning.time"),
      cell: (one) => time(one.ts, "dateTime"),
      csv: ["began", (one) => isoTime(one.ts)],
    },
    {
      name: t("warning.kind"),
      cell: (one) => (
        <Badge tone={one.ended ? "quiet" : "warn"} icon="alarm">
          {word("warning", one.kind)}
        </Badge>
      ),
      csv: ["kind", (one) => one.kind],
    },
    {
      name: t("warning.reason"),
      cell: (one) => (one.reason == null ? MISSING : <Says text={one.reason} said={one.said} />),
      csv: ["reason", (one) => one.reason],
    },
    {
      name: t("warning.from"),
      cell: (one) => <code>{one.station_id ?? MISSING}</code>,
      csv: ["station_id", (one) => one.station_id],
    },
    {
      name: t("v2x.distance"),
      number: true,
      cell: (one) => quantity(one.distance_m, "length"),
      csv: ["distance_m", (one) => one.distance_m],
    },
    {
      name: t("v2x.confidence"),
      number: true,
      cell: (one) => quantity(one.confidence, "ratio"),
      csv: ["confidence", (one) => one.confidence],
    },
    {
      name: t("warning.lasted"),
      cell: (one) => (one.ended ? duration(one.ended - one.ts) : t("warning.now")),
      csv: ["ended", (one) => isoTime(one.ended)],
    },
  ];
}

/** Those of now and those of the log, each once, newest first. */
export function merged(current: readonly Warning[], log: readonly Warning[]): Warning[] {
  const all = new Map<string | number, Warning>();
  for (const warning of [...current, ...log]) all.set(warning.id, warning);
  return [...all.values()].sort((a, b) => b.ts - a.ts);
}

interface LogProps {
  device: Device;
  current: readonly Warning[];
}

export function WarningLog({ device, current }: LogProps) {
  const { span, setSpan, from } = useSpan("day");
  const changed = warnings.value.length;
  const log = useApi<Warning[]>(`/devices/${part(device.id)}/warnings`, { from }, changed);
  const all = columns();
  const rows = merged(current, log.data ?? []);
  return (
    <Card
      title={t("warning.title")}
      icon="alarm"
      area="area-warnings"
      actions={
        <>
          <SpanChoice span={span} onSpan={setSpan} />
          <CsvButton columns={all} rows={rows} name={`warnings ${device.name}`} />
        </>
      }
    >
      <LoadedView
        of={log}
        icon="check"
        empty={() => (rows.length === 0 ? t("warning.none") : null)}
      >
        {() => (
          <div class="tall">
            <Table
              caption={t("warning.title")}
              columns={all}
              rows={rows.slice(0, 100)}
              id={(one) => one.id}
            />
          </div>
        )}
      </LoadedView>
    </Card>
  );
}
