// Where the vehicle is, with the track of the last half hour.

import { useMemo } from "preact/hooks";
import type { Device } from "../../api/types";
import { numberOf } from "../../format/stale";
import { quantity, t, time } from "../../i18n";
import type { Mark } from "../../map/scene";
import { MapView } from "../../map/map";
import { toTrack } from "../../map/track";
import type { Place } from "../../map/track";
import { useRecent } from "../../plot/recent";
import { address, part } from "../../api/client";
import { Card } from "../../ui/card";
import { Icon } from "../../ui/icon";
import { Age, useFreshness } from "../../ui/reading";
import { Empty } from "../../ui/states";

const MINUTES = 30;
const KEYS = ["latitude", "longitude"] as const;
const NOWHERE: Place[][] = [];

export function PositionCard({ device }: { device: Device }) {
  const latitude = numberOf(device, "latitude");
  const longitude = numberOf(device, "longitude");
  const fresh = useFreshness(device, "latitude");
  const recent = useRecent(device, KEYS, MINUTES);
  const tracks = useMemo(() => (recent.data ? toTrack(recent.data) : NOWHERE), [recent.data]);
  const isNow = fresh?.stale === false;
  const heading = lastHeading(tracks);
  const marks = useMemo((): Mark[] => {
    if (latitude === null || longitude === null) return [];
    const tone = isNow ? "ok" : "quiet";
    return [{ id: "own", shape: "own", tone, label: device.name, latitude, longitude, heading }];
  }, [latitude, longitude, isNow, heading, device.name]);
  const gpx = address(`/devices/${part(device.id)}/track.gpx`, {
    from: Math.floor(recent.data?.from ?? 0),
    to: Math.ceil(recent.data?.to ?? 0),
  });
  const known = latitude !== null && longitude !== null;
  return (
    <Card
      title={t("live.position")}
      icon="map"
      area="area-map"
      actions={
        recent.data && (
          <a class="button small" href={gpx} download>
            <Icon name="save" size={16} /> GPX
          </a>
        )
      }
    >
      {known ? (
        <>
          <MapView
            label={t("live.position")}
            about={device.id + (recent.data ? "+" : "")}
            tracks={tracks}
            marks={marks}
            follow={{ latitude, longitude }}
          />
          <p class="map-words">
            <bdi dir="ltr">
              {latitude.toFixed(5)}, {longitude.toFixed(5)}
            </bdi>
            <span>{quantity(device.values["altitude"]?.value, "length")}</span>
            <span>{time(device.values["latitude"]?.ts, "seconds")}</span>
            {fresh?.stale && <Age ms={fresh.age_ms} />}
          </p>
        </>
      ) : (
        <Empty text={t("live.noPosition")} icon="map" />
      )}
    </Card>
  );
}

/** Which way the track went last, in degrees from north. */
function lastHeading(tracks: readonly Place[][]): number | null {
  const piece = tracks[tracks.length - 1] ?? [];
  const to = piece[piece.length - 1];
  for (let index = piece.length - 2; to && index >= 0; index -= 1) {
    const from = piece[index];
    if (!from) break;
    const north = to.latitude - from.latitude;
    const east = (to.longitude - from.longitude) * Math.cos((to.latitude * Math.PI) / 180);
    // Some three metres: less is the receiver's noise.
    if (Math.hypot(north, east) > 3e-5) return (Math.atan2(east, north) * 180) / Math.PI;
  }
  return null;
}
