// Which pages there are for this user at this site, in the order of the menu. What the site does
// not know (`features`) and what the role may not do has no entry.

import type { Device, Feature, Me } from "../api/types";
import type { Key } from "../i18n";
import { link } from "../state/route";
import type { IconName } from "../ui/icon";

export interface PlaceEntry {
  href: string;
  text: Key;
  icon: IconName;
}

export interface Group {
  /** A text of the catalogue, or a name as it is. */
  title: { key: Key } | { name: string } | null;
  entries: PlaceEntry[];
}

type Row = readonly [Feature | null, string[], Key, IconName];

const rows = (features: readonly Feature[], all: readonly Row[]): PlaceEntry[] =>
  all
    .filter(([feature]) => feature === null || features.includes(feature))
    .map(([, parts, text, icon]) => ({ href: link(...parts), text, icon }));

function vehiclePages(id: string): Row[] {
  return [
    [null, ["vehicle", id, "live"], "nav.live", "gauge"],
    ["trips", ["vehicle", id, "drives"], "nav.drives", "road"],
    ["charges", ["vehicle", id, "charges"], "nav.charges", "plug"],
    ["battery", ["vehicle", id, "battery"], "nav.battery", "battery"],
    ["v2x", ["v2x", id], "nav.v2x", "radio"],
    [null, ["device", id], "nav.device", "list"],
  ];
}

function stationPages(id: string): Row[] {
  return [
    ["slots", ["station", id, "slots"], "nav.slots", "slot"],
    ["history", ["station", id, "power"], "nav.power", "plot"],
    ["sessions", ["station", id, "sessions"], "nav.sessions", "list"],
    ["tariff", ["station", id, "tariff"], "nav.tariff", "price"],
    ["report", ["station", id, "report"], "nav.report", "report"],
    [null, ["device", id], "nav.device", "settings"],
  ];
}

export function devicePages(device: Device): Row[] {
  if (device.kind === "vehicle") return vehiclePages(device.id);
  if (device.kind === "station") return stationPages(device.id);
  return [[null, ["device", device.id], "nav.device", "list"]];
}

const ADMIN: Row[] = [
  ["users", ["admin", "users"], "nav.users", "people"],
  ["fleet", ["admin", "devices"], "nav.devices", "key"],
  ["provisioning", ["admin", "provisioning"], "nav.provisioning", "door"],
  ["audit", ["admin", "audit"], "nav.audit", "log"],
  ["backup", ["admin", "backup"], "nav.backup", "save"],
];

export function groups(me: Me, current: Device | undefined): Group[] {
  const { features } = me.site;
  const all: Group[] = [
    {
      title: null,
      entries: rows(features, [
        ["fleet", ["fleet"], "nav.fleet", "fleet"],
        ["alarms", ["alarms"], "nav.alarms", "alarm"],
      ]),
    },
  ];
  if (current) {
    const entries = rows(features, devicePages(current));
    const own: Group = { title: { name: current.name }, entries };
    // At a site of one device that device comes first.
    if (me.site.kind === "hub") all.push(own);
    else all.unshift(own);
  }
  if (me.role === "admin") {
    all.push({ title: { key: "nav.admin" }, entries: rows(features, ADMIN) });
  }
  return all.filter((group) => group.entries.length > 0);
}

/** The site's own device: the one that is no part of another. */
export function ownDevice(me: Me, devices: Iterable<Device>): Device | undefined {
  const list = [...devices];
  const kind = me.site.kind === "station" ? "station" : "vehicle";
  return list.find((device) => device.kind === kind) ?? list[0];
}

/** Where a site begins: a hub with the fleet, the others with themselves. */
export function siteHome(me: Me, devices: Iterable<Device>): string {
  const own = me.site.kind === "hub" ? undefined : ownDevice(me, devices);
  return own ? deviceHome(own) : link("fleet");
}

/** Where a page of a device begins. */
export function deviceHome(device: Device): string {
  if (device.kind === "vehicle") return link("vehicle", device.id, "live");
  if (device.kind === "station") return link("station", device.id, "slots");
  return link("device", device.id);
}
