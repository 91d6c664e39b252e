// `npm run mock -- [hub|vehicle|station] [port]`: the API with an invented world, for working on
// the pages. `npm run dev` beside it serves them.

import { fileURLToPath } from "node:url";
import { PASSWORD, users } from "./accounts";
import { Mock } from "./server";
import type { Kind } from "./world";

const KINDS: readonly Kind[] = ["hub", "vehicle", "station"];
const [wanted = "hub", port = "8790"] = process.argv.slice(2);
const kind = KINDS.find((one) => one === wanted);
if (!kind) {
  console.error(`error: there is no mock of a ${wanted}; say ${KINDS.join(", ")}`);
  process.exit(2);
}
const dist = fileURLToPath(new URL("../dist", import.meta.url));
const mock = new Mock({ port: Number(port), kind, dist });
console.log(`${kind} at ${await mock.start()}`);
for (const [user, role] of users) console.log(`  log in as ${user} (${role}), ${PASSWORD}`);
