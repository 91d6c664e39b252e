// The charges of a vehicle, newest first: energy, efficiency (station against car), cost.

import { part } from "../../api/client";
import type { Charge, Device } from "../../api/types";
import { duration, MISSING, quantity, t, time } from "../../i18n";
import { showMoney } from "../../format/units";
import { useApi } from "../../state/load";
import { link } from "../../state/route";
import { isoTime } from "../../ui/download";
import { Badge } from "../../ui/badge";
import { PageTitle } from "../../ui/card";
import { SpanChoice, useSpan } from "../../ui/range";
import { LoadedView } from "../../ui/states";
import { CsvButton, Table } from "../../ui/table";
import type { Column } from "../../ui/table";
import { fromTo, newestFirst } from "./drives";

function columns(device: Device): Column<Charge>[] {
  return [
    {
      name: t("drives.start"),
      cell: (charge) => (
        <a href={link("vehicle", device.id, "charges", charge.id)}>{time(charge.start)}</a>
      ),
      csv: ["start", (charge) => isoTime(charge.start)],
    },
    {
      name: t("drives.duration"),
      cell: (charge) =>
        charge.end ? (
          duration(charge.end - charge.start)
        ) : (
          <Badge tone="ok">{t("charges.now")}</Badge>
        ),
      csv: [
        ["end", (charge) => isoTime(charge.end)],
        [
          "duration_s",
          (charge) => (charge.end ? Math.round((charge.end - charge.start) / 1000) : null),
        ],
      ],
    },
    {
      name: t("drives.soc"),
      number: true,
      cell: (charge) => fromTo(charge.soc_from, charge.soc_to),
      csv: [
        ["soc_from_percent", (charge) => charge.soc_from],
        ["soc_to_percent", (charge) => charge.soc_to],
      ],
    },
    {
      name: t("charges.car"),
      number: true,
      cell: (charge) => quantity(charge.energy_wh, "energy"),
      csv: ["energy_wh", (charge) => charge.energy_wh],
    },
    {
      name: t("charges.station"),
      number: true,
      cell: (charge) => quantity(charge.station_energy_wh, "energy"),
      csv: ["station_energy_wh", (charge) => charge.station_energy_wh],
    },
    {
      name: t("charges.efficiency"),
      number: true,
      cell: (charge) => quantity(charge.efficiency, "ratio"),
      csv: ["efficiency", (charge) => charge.efficiency],
    },
    {
      name: t("charges.cost"),
      number: true,
      cell: (charge) => (
        <bdi dir="ltr">{charge.cost ? showMoney(charge.cost, charge.currency) : MISSING}</bdi>
      ),
      csv: [
        ["cost", (charge) => charge.cost],
        ["currency", (charge) => charge.currency],
      ],
    },
    {
      name: t("charges.kind"),
      cell: (charge) => (charge.inferred ? t("charges.inferred") : t("charges.seen")),
      csv: ["kind", (charge) => (charge.inferred ? "inferred" : "seen")],
    },
  ];
}

export function Charges({ device }: { device: Device }) {
  const { span, setSpan, from } = useSpan("month");
  const charges = useApi<Charge[]>(`/devices/${part(device.id)}/charges`, { from });
  const all = columns(device);
  const rows = newestFirst(charges.data ?? []);
  return (
    <>
      <PageTitle title={t("nav.charges")}>
        <SpanChoice span={span} onSpan={setSpan} />
        <CsvButton columns={all} rows={rows} name={`charges ${device.name}`} />
      </PageTitle>
      <LoadedView
        of={charges}
        icon="plug"
        empty={(list) => (list.length === 0 ? t("charges.none") : null)}
      >
        {(list) => (
          <Table
            caption={t("nav.charges")}
            columns={all}
            rows={newestFirst(list)}
            id={(charge) => charge.id}
          />
        )}
      </LoadedView>
    </>
  );
}
