import { describe, expect, it } from "vitest";
import { nearestLanguage, readPreferences } from "./preferences";

describe("preferences", () => {
  it("are the defaults when what was kept is not ours", () => {
    for (const text of [null, "", "not json", "null", "[1]", '"dark"', '{"theme":"pink"}']) {
      const read = readPreferences(text, ["fr-FR"]);
      expect(read).toEqual({ theme: "system", units: "metric", language: "fr", tiles: false });
    }
  });

  it("come back as they were kept", () => {
    const kept = { theme: "dark", units: "imperial", language: "ar", tiles: true };
    expect(readPreferences(JSON.stringify(kept), ["en"])).toEqual(kept);
  });

  it("take the first language of the browser that the catalogue has", () => {
    expect(nearestLanguage(["de-DE", "AR-MA", "en"])).toBe("ar");
    expect(nearestLanguage(["de"])).toBe("en");
  });
});
