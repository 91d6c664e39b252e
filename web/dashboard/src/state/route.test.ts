import { describe, expect, it } from "vitest";
import { link, parseRoute } from "./route";

describe("routes", () => {
  it("carry names with slashes, quotes and percent signs", () => {
    for (const name of ["Yard 1/a", "O’Brien’s “quick” one", "100 %", "ü#?&"]) {
      expect(parseRoute(link("device", name))).toEqual(["device", name]);
    }
  });

  it("take a broken escape as it stands", () => {
    expect(parseRoute("#/device/100%")).toEqual(["device", "100%"]);
    expect(parseRoute("")).toEqual([]);
  });
});
