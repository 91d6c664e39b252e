// The weight of the first load: what `index.html` names, and what those files import at once,
// packed as a server sends it. Fails above the limit of issue G.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const LIMIT_KB = 300;
const dist = fileURLToPath(new URL("../dist", import.meta.url));

/** Files named in a text that lie in dist: by the page, or by a static import. */
function named(text: string): string[] {
  const page = [...text.matchAll(/(?:src|href)="\/?(assets\/[^"]+)"/g)];
  const imports = [...text.matchAll(/(?:^|[;}\s])import(?:[^"'(]*from)?["']\.\/([^"']+)["']/g)];
  const found = [...page.map((match) => match[1]), ...imports.map((match) => match[1])];
  return found.flatMap((name) => (name === undefined ? [] : [name.replace("assets/", "")]));
}

const index = readFileSync(join(dist, "index.html"), "utf8");
const first = new Set<string>();
const waiting = named(index);
for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
  if (first.has(name)) continue;
  first.add(name);
  if (name.endsWith(".js"))
    waiting.push(...named(readFileSync(join(dist, "assets", name), "utf8")));
}

const kb = (bytes: number) => (bytes / 1000).toFixed(1).padStart(8);
let gzip = gzipSync(index).length;
let brotli = brotliCompressSync(index).length;
console.log("    gzip   brotli  kB");
for (const name of readdirSync(join(dist, "assets")).sort()) {
  const content = readFileSync(join(dist, "assets", name));
  const packed = [gzipSync(content).length, brotliCompressSync(content).length] as const;
  if (first.has(name)) {
    gzip += packed[0];
    brotli += packed[1];
  }
  console.log(`${kb(packed[0])} ${kb(packed[1])}  ${first.has(name) ? "first" : "later"} ${name}`);
}
console.log(`${kb(gzip)} ${kb(brotli)}  first load; the limit is ${LIMIT_KB} kB`);
if (gzip > LIMIT_KB * 1000) {
  console.error("error: the first load is too heavy; load a page's parts when they are shown");
  process.exit(1);
}
