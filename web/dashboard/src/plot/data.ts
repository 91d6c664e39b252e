// From a history to what uPlot draws: one column of times, and for each series its mean and, where
// the back end has thinned, its lowest and highest. Where values are missing the line is broken.

import type { History, Json, Point } from "../api/types";

/** A column: numbers, null where the line breaks, undefined where only others have a value. */
export type Column = (number | null | undefined)[];

export interface Columns {
  times: number[];
  /** For each key: the mean, then lowest and highest if the history is thinned. */
  mean: Column[];
  low: Column[];
  high: Column[];
  thinned: boolean;
}

/** Distances between points that the usual one is found among: all of a long history are many. */
const LOOKED_AT = 500;

/** The usual time between two points: the median. */
function usualStep(points: readonly Point[]): number {
  const every = Math.max(1, Math.floor(points.length / LOOKED_AT));
  const distances: number[] = [];
  for (let at = 1; at < points.length; at += every) {
    distances.push((points[at]?.[0] ?? 0) - (points[at - 1]?.[0] ?? 0));
  }
  distances.sort((a, b) => a - b);
  return distances[distances.length >> 1] ?? 0;
}

/** A pause that breaks the line: five steps, and half a minute at least. What was not thinned has
 * the step that is usual in it. */
export function gapOf(stepMs: number, points: readonly Point[] = []): number {
  return Math.max(5 * Math.max(stepMs, usualStep(points)), 30_000);
}

/** Breaks a line: after the last point before a pause stands a null. */
export function withGaps(points: readonly Point[], gapMs: number): (Point | [number, null])[] {
  const broken: (Point | [number, null])[] = [];
  let before: Point | undefined;
  for (const point of points) {
    if (before && point[0] - before[0] > gapMs) broken.push([before[0] + 1, null]);
    broken.push(point);
    before = point;
  }
  return broken;
}

function sameTimes(all: readonly (readonly (readonly unknown[])[])[]): boolean {
  const first = all[0];
  if (!first) return true;
  return all.every(
    (points) =>
      points.length === first.length &&
      points.every((point, index) => point[0] === first[index]?.[0]),
  );
}

export function toColumns(
  history: History,
  keys: readonly string[],
  convert: (value: number, key: string) => number,
): Columns {
  const all = keys.map((key) => {
    const points = history.series[key] ?? [];
    return withGaps(points, gapOf(history.step_ms, points));
  });
  const thinned = history.resolution !== "raw";
  let times: number[];
  if (sameTimes(all)) {
    times = (all[0] ?? []).map((point) => point[0]);
  } else {
    times = [...new Set(all.flatMap((points) => points.map((point) => point[0])))];
    times.sort((a, b) => a - b);
  }
  const column = (index: number, part: 1 | 2 | 3): Column => {
    const points = all[index] ?? [];
    const key = keys[index] ?? "";
    const value = (point: Point | [number, null]) => {
      const number = numberOf(point.length === 4 ? point[part] : point[1]);
      return number === null ? null : convert(number, key);
    };
    if (points.length === times.length) return points.map(value);
    const filled: Column = new Array<undefined>(times.length).fill(undefined);
    let at = 0;
    for (const point of points) {
      while (times[at] !== undefined && (times[at] ?? 0) < point[0]) at += 1;
      filled[at] = value(point);
    }
    return filled;
  };
  const every = keys.map((_, index) => index);
  return {
    times,
    mean: every.map((index) => column(index, 1)),
    low: thinned ? every.map((index) => column(index, 2)) : [],
    high: thinned ? every.map((index) => column(index, 3)) : [],
    thinned,
  };
}

/** Where a value has no neighbour to be joined with by a line: it is drawn as a dot. */
export function loneIn(column: Column): number[] {
  const lone: number[] = [];
  // undefined is the time of another line's value, and joins what is around it.
  let before: number | null = null;
  let last = -1;
  let joined = false;
  for (let at = 0; at < column.length; at += 1) {
    const value = column[at];
    if (value === undefined) continue;
    if (value === null) {
      if (before !== null && !joined) lone.push(last);
      joined = false;
    } else {
      joined = before !== null;
    }
    before = value;
    last = at;
  }
  if (before !== null && !joined) lone.push(last);
  return lone;
}

/** A switch is drawn as 0 and 1; a word has no place on a plot. */
function numberOf(value: Json): number | null {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" ? value : null;
}

export interface Summary {
  low: number;
  mean: number;
  high: number;
}

/** What a plot says, for those who do not see it. */
export function summary(columns: Columns, index: number): Summary | null {
  let low = Infinity;
  let high = -Infinity;
  let sum = 0;
  let count = 0;
  const mean = columns.mean[index] ?? [];
  for (let at = 0; at < mean.length; at += 1) {
    const value = mean[at];
    if (value === null || value === undefined) continue;
    low = Math.min(low, columns.low[index]?.[at] ?? value);
    high = Math.max(high, columns.high[index]?.[at] ?? value);
    sum += value;
    count += 1;
  }
  return count === 0 ? null : { low, high, mean: sum / count };
}
