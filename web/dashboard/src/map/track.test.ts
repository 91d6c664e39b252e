import { describe, expect, it } from "vitest";
import type { Point } from "../api/types";
import { placeAt, toTrack } from "./track";

function history(latitude: Point[], longitude: Point[]) {
  const series = { latitude, longitude };
  return { from: 0, to: 1, resolution: "raw" as const, step_ms: 1000, series };
}

describe("track", () => {
  it("finds the longitude of a latitude's time between its neighbours", () => {
    const track = toTrack(
      history(
        [[1500, 33]],
        [
          [1000, -7],
          [2000, -8],
        ],
      ),
    );
    expect(track).toEqual([[{ ts: 1500, latitude: 33, longitude: -7.5 }]]);
  });

  it("draws no line over a time without positions", () => {
    const times = [0, 1000, 200_000, 201_000];
    const track = toTrack(
      history(
        times.map((ts): Point => [ts, 33]),
        times.map((ts): Point => [ts, -7]),
      ),
    );
    expect(track.map((piece) => piece.length)).toEqual([2, 2]);
  });

  it("invents no position where one of both is missing", () => {
    expect(toTrack(history([[1000, 33]], []))).toEqual([]);
    expect(toTrack(history([[1000, 33]], [[5000, -7]]))).toEqual([]);
  });

  it("gives the place that is nearest in time", () => {
    const track = [
      [
        { ts: 0, latitude: 1, longitude: 1 },
        { ts: 1000, latitude: 2, longitude: 2 },
      ],
      [{ ts: 9000, latitude: 3, longitude: 3 }],
    ];
    expect(placeAt(track, 700)?.latitude).toBe(2);
    expect(placeAt(track, 6000)?.latitude).toBe(3);
    expect(placeAt([], 5)).toBeNull();
  });
});
