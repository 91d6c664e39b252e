// Which page is shown: the log-in, or what the address says, within what the site and the role
// know.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { askWho, ApiError, me } from "./api/client";
import { followLive } from "./api/live";
import type { Device } from "./api/types";
import { t } from "./i18n";
import { setServerTime } from "./state/clock";
import { devices, devicesError, devicesRead, readDevices, warnings } from "./state/devices";
import { beginAt, route } from "./state/route";
import { LogIn } from "./pages/login";
import { page } from "./pages/pages";
import { ownDevice, siteHome } from "./shell/places";
import { Shell } from "./shell/shell";
import { NoPage } from "./pages/no_page";
import { ErrorNote, Loading } from "./ui/states";

/** Of a fleet larger than this the values of one device are followed while its pages are shown;
 * alarms and states come of all. */
const FOLLOW_ALL_MAX = 50;

const DEVICE_PAGES = ["vehicle", "station", "v2x", "device"];

/** The device that the page is about, and its parts. */
function followed(current: Device | undefined): string[] | undefined {
  const ofOne = DEVICE_PAGES.includes(route.value[0] ?? "");
  if (devices.peek().size <= FOLLOW_ALL_MAX || !current || !ofOne) return;
  const parts = [...devices.peek().values()].filter((device) => device.parent === current.id);
  return [current.id, ...parts.map((device) => device.id)];
}

let visited = "";

function currentDevice(): Device | undefined {
  const [kind, id] = route.value;
  if (kind !== undefined && id !== undefined && DEVICE_PAGES.includes(kind)) {
    visited = id;
    return devices.value.get(id);
  }
  const who = me.value;
  const last = devices.value.get(visited);
  if (last || !who) return last;
  return who.site.kind === "hub" ? undefined : ownDevice(who, devices.value.values());
}

function Inside() {
  const current = currentDevice();
  const wanted = followed(current)?.join();
  useEffect(() => {
    if (devicesRead.value) return followLive(wanted?.split(","));
    return undefined;
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [wanted, devicesRead.value]);
  useEffect(() => {
    const who = me.value;
    if (!who || !devicesRead.value || route.value.length > 0) return;
    beginAt(siteHome(who, devices.peek().values()));
  });
  let content: ComponentChildren;
  if (!devicesRead.value || route.value.length === 0) {
    const error = devicesError.value;
    content = error ? <ErrorNote error={error} retry={() => void readDevices()} /> : <Loading />;
  } else {
    content = page(route.value, current) ?? <NoPage text={t("state.noPage")} />;
  }
  return <Shell {...(current ? { current } : {})}>{content}</Shell>;
}

export function App() {
  const [error, setError] = useState<ApiError | null>(null);
  const who = me.value;
  const ask = () => {
    setError(null);
    askWho().catch((failure: unknown) => {
      if (failure instanceof ApiError) setError(failure);
    });
  };
  useEffect(ask, []);
  useEffect(() => {
    if (!who) {
      devicesRead.value = false;
      devices.value = new Map();
      warnings.value = [];
      return;
    }
    setServerTime(who.now);
    void readDevices();
    // A new object for the same user changes nothing.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [who?.user]);
  useEffect(() => {
    document.title = who ? `${who.site.name} · Twizy V2X` : "Twizy V2X";
  }, [who]);
  if (who === undefined) {
    return (
      <main class="alone">
        <h1 class="visually-hidden">Twizy V2X</h1>
        {error ? <ErrorNote error={error} retry={ask} /> : <Loading />}
      </main>
    );
  }
  return who === null ? <LogIn /> : <Inside />;
}
