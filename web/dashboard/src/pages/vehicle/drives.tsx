// The drives of a vehicle, newest first.

import { part } from "../../api/client";
import type { Device, Trip } from "../../api/types";
import { duration, quantity, t, time } from "../../i18n";
import { useApi } from "../../state/load";
import { link } from "../../state/route";
import { isoTime } from "../../ui/download";
import { PageTitle } from "../../ui/card";
import { SpanChoice, useSpan } from "../../ui/range";
import { LoadedView } from "../../ui/states";
import { CsvButton, Table } from "../../ui/table";
import type { Column } from "../../ui/table";
import { Badge } from "../../ui/badge";

function columns(device: Device): Column<Trip>[] {
  return [
    {
      name: t("drives.start"),
      cell: (trip) => (
        <a href={link("vehicle", device.id, "drives", trip.id)}>{time(trip.start)}</a>
      ),
      csv: ["start", (trip) => isoTime(trip.start)],
    },
    {
      name: t("drives.duration"),
      cell: (trip) =>
        trip.end ? duration(trip.end - trip.start) : <Badge tone="ok">{t("drives.now")}</Badge>,
      csv: [
        ["end", (trip) => isoTime(trip.end)],
        ["duration_s", (trip) => (trip.end ? Math.round((trip.end - trip.start) / 1000) : null)],
      ],
    },
    {
      name: t("drives.distance"),
      number: true,
      cell: (trip) => quantity(trip.distance_km, "distance"),
      csv: ["distance_km", (trip) => trip.distance_km],
    },
    {
      name: t("drives.energy"),
      number: true,
      cell: (trip) => quantity(trip.energy_out_wh, "energy"),
      csv: ["energy_out_wh", (trip) => trip.energy_out_wh],
    },
    {
      name: t("drives.regenerated"),
      number: true,
      cell: (trip) => quantity(trip.energy_regenerated_wh, "energy"),
      csv: ["energy_regenerated_wh", (trip) => trip.energy_regenerated_wh],
    },
    {
      name: t("drives.consumption"),
      number: true,
      cell: (trip) => quantity(trip.wh_per_km, "consumption"),
      csv: ["consumption_wh_per_km", (trip) => trip.wh_per_km],
    },
    {
      name: t("drives.fastest"),
      number: true,
      cell: (trip) => quantity(trip.max_speed_kmh, "speed"),
      csv: ["max_speed_kmh", (trip) => trip.max_speed_kmh],
    },
    {
      name: t("drives.soc"),
      number: true,
      cell: (trip) => fromTo(trip.soc_from, trip.soc_to),
      csv: [
        ["soc_from_percent", (trip) => trip.soc_from],
        ["soc_to_percent", (trip) => trip.soc_to],
      ],
    },
  ];
}

/** A state of charge before and after, left to right in every language. */
export function fromTo(from: number | null | undefined, to: number | null | undefined) {
  return (
    <bdi dir="ltr">
      {quantity(from, "percent")} → {quantity(to, "percent")}
    </bdi>
  );
}

export const newestFirst = <T extends { start: number }>(list: readonly T[]): T[] =>
  [...list].sort((a, b) => b.start - a.start);

export function Drives({ device }: { device: Device }) {
  const { span, setSpan, from } = useSpan("week");
  const trips = useApi<Trip[]>(`/devices/${part(device.id)}/trips`, { from });
  const all = columns(device);
  return (
    <>
      <PageTitle title={t("nav.drives")}>
        <SpanChoice span={span} onSpan={setSpan} />
        <CsvButton
          columns={all}
          rows={newestFirst(trips.data ?? [])}
          name={`drives ${device.name}`}
        />
      </PageTitle>
      <LoadedView
        of={trips}
        icon="road"
        empty={(list) => (list.length === 0 ? t("drives.none") : null)}
      >
        {(list) => (
          <Table
            caption={t("nav.drives")}
            columns={all}
            rows={newestFirst(list)}
            id={(trip) => trip.id}
          />
        )}
      </LoadedView>
    </>
  );
}
