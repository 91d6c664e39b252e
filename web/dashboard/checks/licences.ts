// The licences of what the lock file names: what is shipped must be permissive; a tool that is only
// run here may be under the MPL besides, which asks nothing of what it tests.

import { readFileSync } from "node:fs";

const PERMISSIVE = [
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  "Python-2.0",
  "Unlicense",
  "Zlib",
];
const TOOLS_TOO = ["MPL-2.0"];

interface Locked {
  packages: Record<string, { license?: string; dev?: boolean; version?: string }>;
}

/** Whether an SPDX expression can be met with the licences: one side of an OR, both of an AND. */
export function isMet(expression: string, allowed: readonly string[]): boolean {
  const bare = expression.replace(/^\(|\)$/g, "");
  if (bare.includes(" OR ")) return bare.split(" OR ").some((part) => isMet(part, allowed));
  if (bare.includes(" AND ")) return bare.split(" AND ").every((part) => isMet(part, allowed));
  return allowed.includes(bare.trim());
}

/** Each package whose licence will not do, with the reason. */
export function refused(lock: Locked): string[] {
  return Object.entries(lock.packages).flatMap(([path, of]) => {
    if (path === "") return [];
    const allowed = of.dev === true ? [...PERMISSIVE, ...TOOLS_TOO] : PERMISSIVE;
    if (of.license !== undefined && isMet(of.license, allowed)) return [];
    const name = path.replace(/^.*node_modules\//, "");
    const what = of.dev === true ? "a tool" : "shipped";
    return [`${name} ${of.version ?? ""} (${what}): ${of.license ?? "no licence is named"}`];
  });
}

export function readLock(): Locked {
  return JSON.parse(readFileSync("package-lock.json", "utf8")) as Locked;
}
