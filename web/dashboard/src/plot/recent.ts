// The last minutes of some values of a device: read once, then grown by what comes live.

import { useEffect, useState } from "preact/hooks";
import type { Device, History, Point } from "../api/types";
import { now } from "../state/clock";
import { useApi } from "../state/load";
import type { Loaded } from "../state/load";
import { part } from "../api/client";

/** A history with the device's newest values, without what is older than its span. */
export function grown(history: History, device: Device, keys: readonly string[], spanMs: number) {
  const series: Record<string, Point[]> = {};
  // Of what is silent the last minutes are empty.
  let to = Math.max(history.to, now.peek());
  for (const key of keys) {
    const points = history.series[key] ?? [];
    const value = device.values[key];
    const last = points[points.length - 1]?.[0] ?? -Infinity;
    const isNew = value && typeof value.value === "number" && value.ts > last;
    series[key] = isNew ? [...points, newPoint(history, value.ts, value.value as number)] : points;
    if (isNew) to = Math.max(to, value.ts);
  }
  const from = to - spanMs;
  for (const key of keys) {
    const points = series[key] ?? [];
    const keep = points.findIndex((point) => point[0] >= from);
    if (keep > 0) series[key] = points.slice(keep);
  }
  return { ...history, from, to, series };
}

function newPoint(history: History, ts: number, value: number): Point {
  return history.resolution === "raw" ? [ts, value] : [ts, value, value, value];
}

export function useRecent(device: Device, keys: readonly string[], minutes: number) {
  const spanMs = minutes * 60_000;
  const wanted = keys.join();
  const [from, setFrom] = useState(() => now.peek() - spanMs);
  const id = device.id;
  useEffect(() => setFrom(now.peek() - spanMs), [id, spanMs, wanted]);
  const path = `/devices/${part(id)}/history`;
  const loaded: Loaded<History> = useApi(path, { keys: wanted, from, points: 2000 });
  const [history, setHistory] = useState<History | undefined>(undefined);
  useEffect(() => setHistory(loaded.data), [loaded.data]);
  useEffect(() => {
    setHistory((old) => old && grown(old, device, wanted.split(","), spanMs));
  }, [device, wanted, spanMs]);
  return { ...loaded, data: history };
}
