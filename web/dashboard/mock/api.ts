// The API of the contract, answered from the invented world: one table of paths.

import type { Device, Role } from "../src/api/types";
import * as accounts from "./accounts";
import * as charging from "./charging";
import * as past from "./past";
import { traffic, warningLog } from "./traffic";
import { ALARMS } from "./world";
import type { World } from "./world";

export interface Caller {
  user: string;
  csrf: string;
  role: Role;
  method: string;
  url: URL;
  path: string;
  body: Record<string, unknown>;
}

export interface Said {
  status: number;
  body: unknown;
  file?: { type: string; text: string };
}

const ok = (body: unknown): Said => ({ status: 200, body });
const done: Said = { status: 204, body: null };
const refused = (status: number, error: string): Said => ({ status, body: { error } });
const missing = refused(404, "there is no such thing here");

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };
const ADMIN_PATHS = /^\/(users|audit|backup|provisioning)/;

/** The role that a request needs. */
function needed(call: Caller): Role {
  if (ADMIN_PATHS.test(call.path)) return "admin";
  const isDevice = /^\/devices(\/[^/]+(\/token)?)?$/.test(call.path);
  if (call.method !== "GET") return isDevice ? "admin" : "operator";
  return "viewer";
}

export function answer(world: World, call: Caller): Said {
  if (RANK[call.role] < RANK[needed(call)]) {
    return refused(403, `the role ${call.role} may not do this`);
  }
  const parts = call.path.split("/").slice(1).map(decodeURIComponent);
  const from = Number(call.url.searchParams.get("from") ?? 0);
  switch (parts[0]) {
    case "me":
      return ok(me(world, call));
    case "devices":
      return devices(world, call, parts.slice(1), from);
    case "sessions":
      return sessions(call, parts.slice(1));
    case "stations":
      return stations(call, parts.slice(2));
    case "alarms":
      return alarms(call, parts.slice(1));
    default:
      return administration(world, call, parts);
  }
}

function me(world: World, call: Caller) {
  const names = { hub: "Rolling lab", vehicle: "Atlas", station: "Courtyard" };
  return {
    user: call.user,
    role: call.role,
    csrf: call.csrf,
    site: { name: names[world.kind], kind: world.kind, features: world.features(), tiles: null },
    now: Date.now(),
  };
}

const shared: Record<string, unknown> = { "mqtt.row_interval_s": 2, "alarms.low_charge": 15 };

function devices(world: World, call: Caller, [id, what]: string[], from: number): Said {
  if (id === undefined) return call.method === "POST" ? add(world, call) : ok(world.devices());
  const device = world.device(id);
  if (!device) return missing;
  const query = call.url.searchParams;
  switch (what) {
    case undefined:
      if (call.method !== "DELETE") return ok(device);
      world.remove(id);
      return done;
    case "token":
      return ok({ id, token: "new-token-of-the-mock-000000000000" });
    case "history":
      return ok(past.history(world, id, query));
    case "export.csv":
      return { ...done, file: { type: "text/csv", text: "ts,value\r\n" } };
    case "track.gpx":
      return { ...done, file: { type: "application/gpx+xml", text: "<gpx/>" } };
    case "rpc":
      if (device.online !== true) return refused(504, `${device.name} does not answer`);
      accounts.note(call.user, "rpc", id, JSON.stringify(call.body));
      return ok({ answer: { ok: true } });
    case "shared":
      return shareOf(call);
    default:
      return told(device, what, from, id === "cedar");
  }
}

function told(device: Device, what: string, from: number, isCharging: boolean): Said {
  const vehicle = device.kind === "vehicle";
  if (what === "health") return ok(past.health());
  if (what === "slots" && device.kind === "station") return ok(charging.slots());
  if (!vehicle) return missing;
  const empty = device.id === "new";
  switch (what) {
    case "trips":
      return ok(empty ? [] : past.trips(from));
    case "charges":
      return ok(empty ? [] : past.charges(from, isCharging));
    case "battery":
      return ok(empty ? [] : past.battery());
    case "warnings":
      return ok(empty ? [] : warningLog(from));
    case "v2x":
      if (!empty) return ok(traffic(Date.now()));
      return ok({ own: null, neighbours: [], warnings: [], link_by_distance: [], counters: {} });
    default:
      return missing;
  }
}

function add(world: World, call: Caller): Said {
  const { name, kind } = call.body as { name?: string; kind?: Device["kind"] };
  if (!name) return refused(422, "a device needs a name");
  const id = `device-${world.ids().length}`;
  world.add(id, name, kind ?? "vehicle");
  return { status: 201, body: { id, token: "token-of-the-mock-000000000000" } };
}

function shareOf(call: Caller): Said {
  if (call.method === "PUT") {
    for (const [key, value] of Object.entries(call.body)) {
      if (value === null) Reflect.deleteProperty(shared, key);
      else shared[key] = value;
    }
  }
  return ok(shared);
}

function sessions(call: Caller, [station, id, what]: string[]): Said {
  if (station === undefined) return ok(charging.sessions(call.url.searchParams));
  const session = charging.session(id ?? "");
  if (!session) return missing;
  return ok(what === "receipt" ? charging.receipt(session.id) : session);
}

function stations(call: Caller, [what, more]: string[]): Said {
  const toml = call.body["toml"];
  if (what === "report") {
    const running = new Date().toISOString().slice(0, 7);
    return ok(charging.report(call.url.searchParams.get("month") ?? running));
  }
  if (what !== "tariff") return missing;
  if (more === "preview") return ok(charging.preview(call.body));
  if (call.method === "PUT" && typeof toml === "string") {
    const errors = charging.preview({ toml }).errors ?? [];
    if (errors[0] !== undefined) return refused(422, errors[0].text);
    charging.setTariff(toml);
  }
  const description = "One tariff: standard, 1.50 MAD per kWh, by night 1.10.";
  return ok({ toml: charging.tariffToml, currency: "MAD", description });
}

function alarms(call: Caller, [id]: string[]): Said {
  if (id === undefined) {
    const all = call.url.searchParams.get("state") === "all";
    return ok(ALARMS.filter((alarm) => all || !alarm.ended));
  }
  const alarm = ALARMS.find((one) => one.id === id);
  if (!alarm) return missing;
  alarm.acknowledged_by = call.user;
  alarm.acknowledged_at = Date.now();
  return ok(alarm);
}

function administration(world: World, call: Caller, [what, id]: string[]): Said {
  if (what === "audit") return ok(accounts.audit());
  if (what === "backup" && call.method === "POST") {
    return { ...done, file: { type: "application/vnd.sqlite3", text: "SQLite format 3\0" } };
  }
  if (what === "provisioning") {
    if (id === undefined) return ok(accounts.provisioning());
    return accounts.decide(id) ? done : missing;
  }
  return what === "users" ? usersOf(world, call, id) : missing;
}

function usersOf(_world: World, call: Caller, id: string | undefined): Said {
  const { user, role } = call.body as { user?: string; role?: Role };
  if (call.method === "POST" && user && role) {
    if (accounts.users.has(user)) return refused(409, `there is a user ${user} already`);
    accounts.users.set(user, role);
    return { status: 201, body: { user, role } };
  }
  if (id !== undefined && call.method === "DELETE") {
    return accounts.users.delete(id) ? done : missing;
  }
  if (id !== undefined && call.method === "PUT" && role) {
    accounts.users.set(id, role);
    return done;
  }
  return ok(accounts.listUsers());
}
