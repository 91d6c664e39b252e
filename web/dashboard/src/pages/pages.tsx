// The table from addresses to pages. A page that the site does not know has no row for it.

import type { ComponentChildren } from "preact";
import { me } from "../api/client";
import type { Device, Feature } from "../api/types";
import { t } from "../i18n";
import { NoPage } from "./no_page";
import { Alarms } from "./fleet/alarms";
import { DevicePage } from "./fleet/device";
import { Fleet } from "./fleet/fleet";
import { Audit } from "./admin/audit";
import { Backup } from "./admin/backup";
import { DeviceKeys } from "./admin/devices";
import { ProvisioningPage } from "./admin/provisioning";
import { Users } from "./admin/users";
import { Settings } from "./settings";
import { Report } from "./station/report";
import { SessionPage } from "./station/session";
import { Sessions } from "./station/sessions";
import { Slots } from "./station/slots";
import { StationPower } from "./station/power";
import { TariffPage } from "./station/tariff";
import { BatteryHealth } from "./vehicle/battery";
import { Charges } from "./vehicle/charges";
import { ChargePage } from "./vehicle/charge";
import { Drive } from "./vehicle/drive";
import { Drives } from "./vehicle/drives";
import { Live } from "./vehicle/live";
import { V2xPage } from "./v2x/v2x";

type Page = ComponentChildren;

function has(feature: Feature): boolean {
  return me.value?.site.features.includes(feature) ?? false;
}

function vehicle(device: Device, rest: string[]): Page {
  const [name, id] = rest;
  switch (name) {
    case undefined:
    case "live":
      return <Live device={device} />;
    case "drives":
      if (!has("trips")) return null;
      return id === undefined ? <Drives device={device} /> : <Drive device={device} id={id} />;
    case "charges":
      if (!has("charges")) return null;
      return id === undefined ? (
        <Charges device={device} />
      ) : (
        <ChargePage device={device} id={id} />
      );
    case "battery":
      return has("battery") ? <BatteryHealth device={device} /> : null;
    default:
      return null;
  }
}

function station(device: Device, rest: string[]): Page {
  const [name, id] = rest;
  switch (name) {
    case undefined:
    case "slots":
      return has("slots") ? <Slots device={device} /> : null;
    case "power":
      return has("history") ? <StationPower device={device} /> : null;
    case "sessions":
      if (!has("sessions")) return null;
      return id === undefined ? (
        <Sessions device={device} />
      ) : (
        <SessionPage device={device} id={id} />
      );
    case "tariff":
      return has("tariff") ? <TariffPage device={device} /> : null;
    case "report":
      return has("report") ? <Report device={device} /> : null;
    default:
      return null;
  }
}

const ADMIN: Record<string, [Feature, () => Page]> = {
  users: ["users", () => <Users />],
  devices: ["fleet", () => <DeviceKeys />],
  provisioning: ["provisioning", () => <ProvisioningPage />],
  audit: ["audit", () => <Audit />],
  backup: ["backup", () => <Backup />],
};

function admin(name: string | undefined): Page {
  const row = ADMIN[name ?? "users"];
  if (!row || !has(row[0])) return null;
  if (me.value?.role !== "admin") return <NoPage text={t("error.forbidden")} />;
  return row[1]();
}

function devicePage(kind: string, device: Device, rest: string[]): Page {
  if (kind === "vehicle") return vehicle(device, rest);
  if (kind === "station") return station(device, rest);
  if (kind === "v2x") return has("v2x") ? <V2xPage device={device} /> : null;
  return <DevicePage device={device} />;
}

/** The page of an address; `null` when there is none. */
export function page(route: readonly string[], current: Device | undefined): Page {
  const [kind, id, ...rest] = route;
  switch (kind) {
    case "fleet":
      return has("fleet") ? <Fleet /> : null;
    case "alarms":
      return has("alarms") ? <Alarms /> : null;
    case "settings":
      return <Settings />;
    case "admin":
      return admin(id);
    case "vehicle":
    case "station":
    case "v2x":
    case "device":
      if (!current) return <NoPage text={t("device.notFound", { id: id ?? "" })} />;
      return devicePage(kind, current, rest);
    default:
      return null;
  }
}
