import { readFileSync } from "node:fs";
import Ajv from "ajv/dist/2020";
import { describe, expect, it } from "vitest";
import { answer } from "./api";
import { World } from "./world";

// The back end's own description of what it answers: what the mock says must be that as well, else
// the pages are tried against something that does not exist.
interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}
interface Operation {
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
  parameters?: { in: string; name: string }[];
}

const ROOT = "/api/v1";
const text = readFileSync("../../interfaces/http/openapi.json", "utf8");
const described = JSON.parse(text.replaceAll("#/components/schemas/", "api#/$defs/")) as OpenApi;
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema({ $id: "api", $defs: described.components.schemas });

/** What stands for the names in a path. */
function filled(path: string): string {
  const station = path.includes("/stations/") || path.endsWith("/slots");
  return path
    .replace("/sessions/{station}/{id}", "/sessions/courtyard/5eed0002")
    .replace("/alarms/{id}", "/alarms/1")
    .replace("/provisioning/{id}/approve", "/provisioning/p1/approve")
    .replace("/provisioning/{id}/reject", "/provisioning/p2/reject")
    .replace("{user}", "victor")
    .replace("{id}", station ? "courtyard" : path.includes("/charges") ? "cedar" : "atlas");
}

const BODIES: Record<string, Record<string, unknown>> = {
  "/devices": { name: "New", kind: "vehicle" },
  "/users": { user: "nadia", role: "viewer", password: "long enough" },
  "/users/{user}": { role: "operator" },
  "/devices/{id}/rpc": { method: "getHealth" },
  "/stations/{id}/tariff/preview": { toml: "per_kwh = 1.5", start: 0, end: 1, energy_wh: 900 },
};

/** Not answered by the table of paths: the server itself does, or it is no JSON. */
const ELSEWHERE = ["/about", "/live", "/login", "/logout", "/openapi.json"];

const operations = Object.entries(described.paths).flatMap(([whole, methods]) => {
  const path = whole.slice(ROOT.length);
  if (ELSEWHERE.includes(path)) return [];
  // What deletes comes last: others ask for it.
  return Object.entries(methods).map(([method, operation]) => ({ path, method, operation }));
});
operations.sort((a, b) => Number(a.method === "delete") - Number(b.method === "delete"));

describe("the mock", () => {
  const world = new World("hub");

  it.each(operations)(
    "answers $method $path as the back end does",
    ({ path, method, operation }) => {
      const url = new URL(`http://mock${ROOT}${filled(path)}?keys=soc,gear&points=100`);
      const said = answer(world, {
        user: "amina",
        csrf: "",
        role: "admin",
        method: method.toUpperCase(),
        url,
        path: filled(path),
        body: BODIES[path] ?? {},
      });
      const [status = ""] = Object.keys(operation.responses).filter((code) => code.startsWith("2"));
      const content = operation.responses[status]?.content ?? {};
      if (said.file) {
        expect(Object.keys(content)).toContain(said.file.type);
        return;
      }
      expect(String(said.status)).toBe(status);
      const schema = content["application/json"]?.schema;
      if (!schema) return;
      const check = ajv.compile(schema);
      check(said.body);
      // An attribute is any JSON; the description says object.
      const errors = check.errors ?? [];
      const wrong = errors.filter((error) => !/\/attributes\/[^/]+$/.test(error.instancePath));
      expect(wrong.map((error) => `${error.instancePath} ${error.message ?? ""}`)).toEqual([]);
    },
  );
});
