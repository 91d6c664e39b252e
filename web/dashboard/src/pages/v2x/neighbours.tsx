// Who is heard: on the map, fainter the less it is believed, and in a table with age and
// confidence. What came in the open, from prototypes, is marked to the end.

import { useMemo } from "preact/hooks";
import type { Device, Neighbour, V2x } from "../../api/types";
import { duration, MISSING, quantity, t } from "../../i18n";
import { MapView } from "../../map/map";
import type { Mark } from "../../map/scene";
import { isHub } from "../../state/role";
import { Badge } from "../../ui/badge";
import { Card } from "../../ui/card";
import { Empty } from "../../ui/states";
import { CsvButton, Table } from "../../ui/table";
import type { Column } from "../../ui/table";

/** A neighbour not heard for so long is shown as gone quiet. */
const QUIET_MS = 2000;

function tone(of: Neighbour): Mark["tone"] {
  if (of.legacy || of.verified === false) return "warn";
  return (of.age_ms ?? Infinity) > QUIET_MS ? "quiet" : "ok";
}

export function marksOf(own: string, v2x: V2x): Mark[] {
  const marks: Mark[] = v2x.neighbours.flatMap((of) => {
    if (of.latitude == null || of.longitude == null) return [];
    return [
      {
        id: String(of.station_id),
        latitude: of.latitude,
        longitude: of.longitude,
        heading: of.kind === "car" ? (of.heading ?? null) : null,
        shape: of.kind,
        tone: tone(of),
        label: String(of.station_id),
        confidence: of.confidence ?? null,
      } satisfies Mark,
    ];
  });
  if (v2x.own) {
    const { latitude, longitude, heading = null } = v2x.own;
    marks.push({ id: "own", shape: "own", tone: "ok", label: own, latitude, longitude, heading });
  }
  return marks;
}

function Trust({ of }: { of: Neighbour }) {
  if (of.legacy) {
    return (
      <Badge tone="warn" icon="alarm">
        {t("v2x.legacy")}
      </Badge>
    );
  }
  return of.verified ? (
    <Badge tone="ok" icon="check">
      {t("v2x.verified")}
    </Badge>
  ) : (
    <Badge tone="bad" icon="cross">
      {t("v2x.unverified")}
    </Badge>
  );
}

function columns(): Column<Neighbour>[] {
  return [
    {
      name: t("v2x.station"),
      cell: (of) => <code>{of.station_id}</code>,
      csv: ["station_id", (of) => of.station_id],
    },
    {
      name: t("v2x.kind"),
      cell: (of) => (of.kind === "car" ? t("v2x.car") : t("v2x.stationKind")),
      csv: ["kind", (of) => of.kind],
    },
    {
      name: t("v2x.trust"),
      cell: (of) => <Trust of={of} />,
      csv: ["trust", (of) => (of.legacy ? "legacy" : of.verified ? "verified" : "unverified")],
    },
    {
      name: t("v2x.distance"),
      number: true,
      cell: (of) => quantity(of.distance_m, "length"),
      csv: ["distance_m", (of) => of.distance_m],
    },
    {
      name: t("v2x.speed"),
      number: true,
      cell: (of) => quantity(of.speed_kmh, "speed"),
      csv: ["speed_kmh", (of) => of.speed_kmh],
    },
    {
      name: t("v2x.age"),
      number: true,
      cell: (of) => (of.age_ms == null ? MISSING : age(of.age_ms)),
      csv: ["age_ms", (of) => of.age_ms],
    },
    {
      name: t("v2x.confidence"),
      number: true,
      cell: (of) => quantity(of.confidence, "ratio"),
      csv: ["confidence", (of) => of.confidence],
    },
    {
      name: t("v2x.delivery"),
      number: true,
      cell: (of) => quantity(of.delivery_ratio, "ratio"),
      csv: ["delivery_ratio", (of) => of.delivery_ratio],
    },
    {
      name: t("v2x.signal"),
      number: true,
      cell: (of) => quantity(of.rssi_dbm, "decibel"),
      csv: ["rssi_dbm", (of) => of.rssi_dbm],
    },
  ];
}

/** Ages of less than ten seconds to the tenth. */
export function age(ms: number): string {
  if (ms >= 10_000) return duration(ms);
  return `${(ms / 1000).toFixed(1)} ${t("time.s")}`;
}

/** What stands where nobody can be shown: a hub is told numbers only. */
function nobody(v2x: V2x): string {
  if (!isHub()) return t("v2x.alone");
  const { heard } = v2x;
  return heard == null ? t("v2x.elsewhere") : t("v2x.heard", { count: String(heard) });
}

export function Neighbours({ device, v2x }: { device: Device; v2x: V2x }) {
  const marks = useMemo(() => marksOf(device.name, v2x), [device.name, v2x]);
  const rows = [...v2x.neighbours].sort(
    (a, b) => (a.distance_m ?? Infinity) - (b.distance_m ?? Infinity),
  );
  const all = columns();
  return (
    <Card
      title={t("v2x.neighbours")}
      icon="radio"
      area="area-neighbours"
      actions={<CsvButton columns={all} rows={rows} name={`neighbours ${device.name}`} />}
    >
      {marks.length === 0 ? (
        <Empty text={t("v2x.nowhere")} icon="map" />
      ) : (
        <MapView
          label={t("v2x.map")}
          about={`${device.id} ${marks.length > 1 ? "with" : "without"}`}
          tracks={[]}
          marks={marks}
          follow={v2x.own ?? null}
        />
      )}
      {rows.length === 0 ? (
        <Empty text={nobody(v2x)} icon="radio" />
      ) : (
        <Table caption={t("v2x.neighbours")} columns={all} rows={rows} id={(of) => of.station_id} />
      )}
    </Card>
  );
}
