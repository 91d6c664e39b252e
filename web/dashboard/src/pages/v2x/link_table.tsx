// How well others are heard, by distance: which share of messages arrived, and how old what is
// known of them is.

import type { Device, LinkBand } from "../../api/types";
import { inUnit, unitOf } from "../../format/units";
import { MISSING, number, quantity, t } from "../../i18n";
import { preferences } from "../../state/preferences";
import { Card } from "../../ui/card";
import { Empty } from "../../ui/states";
import { CsvButton, Table } from "../../ui/table";
import type { Column } from "../../ui/table";
import { isHub } from "../../state/role";
import { age } from "./neighbours";

function span(band: LinkBand): string {
  const units = preferences.value.units;
  const end = (meters: number) => number(inUnit(meters, "length", units));
  const unit = unitOf("length", units);
  // The last band has no end.
  if (band.to_m == null) return `> ${end(band.from_m)} ${unit}`;
  return `${end(band.from_m)}–${end(band.to_m)} ${unit}`;
}

function columns(): Column<LinkBand>[] {
  return [
    {
      name: t("v2x.distance"),
      cell: (band) => <bdi dir="ltr">{span(band)}</bdi>,
      csv: ["distance", span],
    },
    {
      name: t("v2x.delivery"),
      cell: (band) => (
        <span class="share">
          <span class="bar" aria-hidden="true">
            <i style={{ inlineSize: `${100 * (band.delivery_ratio ?? 0)}%` }} />
          </span>
          {quantity(band.delivery_ratio, "ratio")}
        </span>
      ),
      csv: ["delivery_ratio", (band) => band.delivery_ratio],
    },
    {
      name: t("v2x.informationAge"),
      number: true,
      cell: (band) =>
        band.age_of_information_ms == null ? MISSING : age(band.age_of_information_ms),
      csv: ["age_of_information_ms", (band) => band.age_of_information_ms],
    },
    {
      name: t("v2x.messages"),
      number: true,
      cell: (band) => (band.messages == null ? MISSING : number(band.messages)),
      csv: ["messages", (band) => band.messages],
    },
  ];
}

export function LinkTable({ device, bands }: { device: Device; bands: readonly LinkBand[] }) {
  const all = columns();
  return (
    <Card
      title={t("v2x.link")}
      icon="plot"
      area="area-link"
      actions={<CsvButton columns={all} rows={bands} name={`link ${device.name}`} />}
    >
      {bands.length === 0 ? (
        <Empty text={t(isHub() ? "v2x.elsewhere" : "v2x.noLink")} icon="radio" />
      ) : (
        <Table caption={t("v2x.link")} columns={all} rows={bands} id={(band) => band.from_m} />
      )}
    </Card>
  );
}
