// One drive: its map, its plots of speed, power and height over time, its energy. The cursor of the
// plots moves a mark along the track.

import { useMemo, useState } from "preact/hooks";
import { address, part } from "../../api/client";
import type { Device, History, Trip } from "../../api/types";
import { duration, quantity, t, time } from "../../i18n";
import { MapView } from "../../map/map";
import type { Mark } from "../../map/scene";
import { placeAt, toTrack } from "../../map/track";
import { Plot } from "../../plot/plot";
import type { PlotLine } from "../../plot/plot";
import { now } from "../../state/clock";
import { useApi } from "../../state/load";
import { link } from "../../state/route";
import { Card, Figure, PageTitle } from "../../ui/card";
import { Icon } from "../../ui/icon";
import { Empty, LoadedView } from "../../ui/states";
import { fromTo } from "./drives";

const KEYS = ["motor_speed", "battery_power", "altitude", "soc", "latitude", "longitude"];
/** How often a drive that goes on is read anew. */
const AGAIN_MS = 10_000;
/** The most that the back end gives: a longer drive comes thinned, lowest and highest kept. */
const POINTS = 10_000;

export function Drive({ device, id }: { device: Device; id: string }) {
  const trips = useApi<Trip[]>(`/devices/${part(device.id)}/trips`, {}, useTurns(device));
  return (
    <>
      <LoadedView of={trips} title={t("drives.one")}>
        {(list) => {
          const trip = list.find((one) => String(one.id) === id);
          if (!trip) {
            return (
              <>
                <PageTitle title={t("drives.one")} />
                <Empty text={t("drives.notFound")} icon="road" />
              </>
            );
          }
          return <Shown key={trip.id} device={device} trip={trip} />;
        }}
      </LoadedView>
    </>
  );
}

/** Counts up while a device speaks: a drive that goes on is read anew with it. */
function useTurns(device: Device): number {
  return Math.floor((device.last_seen ?? 0) / AGAIN_MS);
}

function Shown({ device, trip }: { device: Device; trip: Trip }) {
  const isOver = trip.end != null;
  const to = trip.end ?? now.value;
  const span = { from: trip.start, ...(isOver ? { to } : {}) };
  const turn = useTurns(device);
  const path = `/devices/${part(device.id)}`;
  const history = useApi<History>(
    `${path}/history`,
    {
      keys: KEYS.join(),
      ...span,
      points: POINTS,
    },
    isOver ? 0 : turn,
  );
  return (
    <>
      <PageTitle title={t("drives.title", { time: time(trip.start) })}>
        <a class="button small" href={link("vehicle", device.id, "drives")}>
          {t("drives.all")}
        </a>
        <a class="button small" href={address(`${path}/track.gpx`, span)} download>
          <Icon name="save" size={16} /> GPX
        </a>
        <a
          class="button small"
          href={address(`${path}/export.csv`, { keys: KEYS.join(), ...span })}
          download
        >
          <Icon name="save" size={16} /> CSV
        </a>
      </PageTitle>
      <div class="figures strip">
        <Figure name={t("drives.duration")}>{duration(to - trip.start)}</Figure>
        <Figure name={t("drives.distance")}>{quantity(trip.distance_km, "distance")}</Figure>
        <Figure name={t("drives.consumption")}>{quantity(trip.wh_per_km, "consumption")}</Figure>
        <Figure name={t("drives.energy")}>{quantity(trip.energy_out_wh, "energy")}</Figure>
        <Figure name={t("drives.regenerated")}>
          {quantity(trip.energy_regenerated_wh, "energy")}
        </Figure>
        <Figure name={t("drives.fastest")}>{quantity(trip.max_speed_kmh, "speed")}</Figure>
        <Figure name={t("drives.soc")}>{fromTo(trip.soc_from, trip.soc_to)}</Figure>
      </div>
      <LoadedView of={history}>{(data) => <MapAndPlots trip={trip} history={data} />}</LoadedView>
    </>
  );
}

function MapAndPlots({ trip, history }: { trip: Trip; history: History }) {
  const [at, setAt] = useState<number | null>(null);
  const tracks = useMemo(() => toTrack(history), [history]);
  const place = at === null ? null : placeAt(tracks, at);
  const marks = useMemo((): Mark[] => {
    const pieces = tracks.flat();
    const [first, last] = [pieces[0], pieces[pieces.length - 1]];
    const all: Mark[] = [];
    if (first)
      all.push({ ...first, id: "a", shape: "cursor", tone: "ok", label: t("drives.from") });
    if (last) all.push({ ...last, id: "b", shape: "cursor", tone: "bad", label: t("drives.to") });
    if (place)
      all.push({ ...place, id: "at", shape: "cursor", tone: "warn", label: t("drives.at") });
    return all;
  }, [tracks, place]);
  // The view moves with a track that grows, each time that it has doubled.
  const grown = trip.end == null ? Math.floor(Math.log2(tracks.flat().length + 1)) : 0;
  const about = `${trip.id} ${grown}`;
  const plots: PlotLine[] = [
    { key: "motor_speed", label: t("live.speed"), quantity: "speed", color: "--plot-1" },
    { key: "battery_power", label: t("live.powerIn"), quantity: "power", color: "--plot-2" },
    { key: "altitude", label: t("drives.height"), quantity: "length", color: "--plot-3" },
    { key: "soc", label: t("live.soc"), quantity: "percent", color: "--plot-4" },
  ];
  return (
    <div class="grid drive">
      <Card title={t("drives.map")} icon="map">
        {tracks.length === 0 ? (
          <Empty text={t("drives.noTrack")} icon="map" />
        ) : (
          <MapView label={t("drives.map")} about={about} tracks={tracks} marks={marks} />
        )}
      </Card>
      <Card title={t("drives.plots")} icon="plot">
        {plots.map((line) => (
          <Plot
            key={line.key}
            title={line.label}
            history={history}
            lines={[line]}
            height={140}
            sync="drive"
            zeroLine={line.key === "battery_power"}
            onTime={setAt}
          />
        ))}
      </Card>
    </div>
  );
}
