import { describe, expect, it } from "vitest";
import type { History } from "../api/types";
import { gapOf, loneIn, summary, toColumns, withGaps } from "./data";

const as = (value: number) => value;

function history(change: Partial<History>): History {
  return { from: 0, to: 100_000, resolution: "raw", step_ms: 1000, series: {}, ...change };
}

describe("plot columns", () => {
  it("break the line where values are missing", () => {
    expect(gapOf(1000)).toBe(30_000);
    expect(gapOf(60_000)).toBe(300_000);
    expect(
      withGaps(
        [
          [0, 1],
          [31_000, 2],
        ],
        30_000,
      ),
    ).toEqual([
      [0, 1],
      [1, null],
      [31_000, 2],
    ]);
  });

  it("join values that usually come a minute apart, and break where more are missing", () => {
    const minutes = [0, 1, 2, 3, 4, 5, 30, 31].map((at): [number, number] => [at * 60_000, at]);
    const raw = history({ step_ms: 0, series: { soc: minutes } });
    const [soc] = toColumns(raw, ["soc"], as).mean;
    expect(soc).toEqual([0, 1, 2, 3, 4, 5, null, 30, 31]);
    expect(loneIn(soc ?? [])).toEqual([]);
  });

  it("show a value that has no neighbour, whatever other lines have between", () => {
    expect(loneIn([1, null, 2, 3, null, 4])).toEqual([0, 5]);
    expect(loneIn([1, undefined, 2, undefined, null, undefined, 4])).toEqual([6]);
    expect(loneIn([7])).toEqual([0]);
    expect(loneIn([null, undefined])).toEqual([]);
  });

  it("stand side by side when their times differ", () => {
    const columns = toColumns(
      history({
        series: {
          a: [
            [1000, 1],
            [3000, 3],
          ],
          b: [[2000, 20]],
        },
      }),
      ["a", "b"],
      as,
    );
    expect(columns.times).toEqual([1000, 2000, 3000]);
    expect(columns.mean).toEqual([
      [1, undefined, 3],
      [undefined, 20, undefined],
    ]);
  });

  it("keep the lowest and highest of what was thinned, in the user's unit", () => {
    const columns = toColumns(
      history({ resolution: "minute", series: { a: [[1000, 5, 1, 9]] } }),
      ["a"],
      (value) => value * 2,
    );
    expect(columns).toMatchObject({ mean: [[10]], low: [[2]], high: [[18]], thinned: true });
    expect(summary(columns, 0)).toEqual({ low: 2, mean: 10, high: 18 });
  });

  it("draw a switch as 0 and 1, and leave words out", () => {
    const columns = toColumns(
      history({
        series: {
          a: [
            [1000, true],
            [2000, "Drive"],
          ],
        },
      }),
      ["a"],
      as,
    );
    expect(columns.mean).toEqual([[1, null]]);
  });

  it("say nothing of a series without values", () => {
    expect(summary(toColumns(history({}), ["a"], as), 0)).toBeNull();
  });
});
