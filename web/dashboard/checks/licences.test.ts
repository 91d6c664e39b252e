import { describe, expect, it } from "vitest";
import { isMet, readLock, refused } from "./licences";

describe("licences of the packages", () => {
  it("are permissive for all that the lock file names", () => {
    expect(refused(readLock())).toEqual([]);
  });

  it("are refused when they are copyleft, unknown, or a shipped package's is the MPL", () => {
    const packages = {
      "": {},
      "node_modules/a": { license: "GPL-3.0-only", dev: true },
      "node_modules/b": {},
      "node_modules/c": { license: "MPL-2.0" },
      "node_modules/d": { license: "MPL-2.0", dev: true },
      "node_modules/e": { license: "(MIT OR GPL-3.0)" },
    };
    const names = refused({ packages }).map((line) => line.split(" ")[0]);
    expect(names).toEqual(["a", "b", "c"]);
    expect(isMet("MIT AND GPL-3.0", ["MIT"])).toBe(false);
  });
});
