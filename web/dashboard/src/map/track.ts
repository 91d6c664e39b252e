// From a history to places: latitude and longitude are two series, and a thinned history need not
// have both at the same times.

import type { History, Point } from "../api/types";

export interface Place {
  ts: number;
  latitude: number;
  longitude: number;
}

/** The longest time between two positions of one line. */
const GAP_MS = 120_000;

/** The value of a series at a time, between its neighbours; `null` outside it or in a gap. */
function at(points: readonly Point[], ts: number, from: number): [number | null, number] {
  let index = from;
  while (index < points.length && (points[index]?.[0] ?? Infinity) < ts) index += 1;
  const after = points[index];
  if (!after) return [null, index];
  const end = after[1];
  if (typeof end !== "number") return [null, index];
  if (after[0] === ts) return [end, index];
  const before = points[index - 1];
  const begin = before?.[1];
  if (!before || typeof begin !== "number" || after[0] - before[0] > GAP_MS) return [null, index];
  const share = (ts - before[0]) / (after[0] - before[0]);
  return [begin + (end - begin) * share, index];
}

/** The track in pieces, broken where no position was known for two minutes. */
export function toTrack(history: History): Place[][] {
  const latitudes = history.series["latitude"] ?? [];
  const longitudes = history.series["longitude"] ?? [];
  const pieces: Place[][] = [];
  let last: Place | undefined;
  let index = 0;
  for (const [ts, latitude] of latitudes) {
    let longitude: number | null;
    [longitude, index] = at(longitudes, ts, index);
    if (longitude === null || typeof latitude !== "number") continue;
    const place = { ts, latitude, longitude };
    if (last && ts - last.ts <= GAP_MS) pieces[pieces.length - 1]?.push(place);
    else pieces.push([place]);
    last = place;
  }
  return pieces;
}

/** The place of the track that is nearest in time. */
export function placeAt(track: readonly Place[][], ts: number): Place | null {
  let found: Place | null = null;
  for (const piece of track) {
    let low = 0;
    let high = piece.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((piece[middle]?.ts ?? 0) < ts) low = middle + 1;
      else high = middle;
    }
    for (const place of [piece[low - 1], piece[low]]) {
      if (place && (!found || Math.abs(place.ts - ts) < Math.abs(found.ts - ts))) found = place;
    }
  }
  return found;
}
