import { describe, expect, it } from "vitest";
import { inUnit, show, showMoney, unitOf } from "./units";

describe("units", () => {
  it("shows what is not known as nothing, never as 0", () => {
    for (const value of [null, undefined, NaN, Infinity, "12", true]) {
      expect(show(value, "speed", "metric", "en")).toBeNull();
    }
    expect(show(0, "speed", "metric", "en")).toEqual({ number: "0", unit: "km/h" });
  });

  it("turns speed, distance, temperature and consumption imperial, and nothing else", () => {
    // 1 mi is 1.609344 km, 0 °C is 32 °F.
    expect(show(80.4672, "speed", "imperial", "en")).toEqual({ number: "50", unit: "mph" });
    expect(show(16.09344, "distance", "imperial", "en")).toEqual({ number: "10.0", unit: "mi" });
    expect(show(-40, "temperature", "imperial", "en")).toEqual({ number: "-40", unit: "°F" });
    expect(inUnit(100, "consumption", "imperial")).toBeCloseTo(160.9344);
    expect(unitOf("power", "imperial")).toBe("kW");
    expect(unitOf("voltage", "imperial")).toBe("V");
  });

  it("shows watts in kilowatts and watt-hours in kilowatt-hours", () => {
    expect(show(-2064, "power", "metric", "en")).toEqual({ number: "-2.1", unit: "kW" });
    expect(show(3214, "energy", "metric", "en", 3)).toEqual({ number: "3.214", unit: "kWh" });
  });

  it("writes digits 0 to 9 in every language, and no minus before zero", () => {
    expect(show(12.5, "percent", "metric", "ar", 1)?.number).toMatch(/^[0-9.,٫]+$/);
    expect(show(12.5, "percent", "metric", "fr", 1)?.number).toBe("12,5");
    expect(show(-0.01, "power", "metric", "en")?.number).toBe("0.0");
  });

  it("shows money digit by digit as it was billed", () => {
    expect(showMoney("6.80", "MAD")).toBe("6.80 MAD");
    expect(showMoney(null, "MAD")).toBe("—");
  });
});
