// A value of a device with its unit. One that is older than the device's time is shown as such,
// with its age; one that is not known is a dash. Nothing here ever shows an old value as if it
// were of now.

import type { Device } from "../api/types";
import { freshness } from "../format/stale";
import { show } from "../format/units";
import type { Quantity } from "../format/units";
import { ago, language, MISSING, t } from "../i18n";
import { now } from "../state/clock";
import { connection } from "../state/connection";
import { preferences } from "../state/preferences";
import { Icon } from "./icon";

/** How old a device's value is; `null` when it has none. */
export function useFreshness(device: Device, key: string) {
  const value = device.values[key];
  if (!value) return null;
  const fresh = freshness(value.ts, device.stale_after_s, now.value, connection.value);
  // What has left says nothing of now, however lately it spoke.
  return device.online === false ? { ...fresh, stale: true } : fresh;
}

export function Age({ ms }: { ms: number }) {
  return (
    <span class="age">
      <Icon name="clock" size={14} />
      {ms < 0 ? t("time.ahead") : ago(ms)}
    </span>
  );
}

interface ReadingProps {
  device: Device;
  value: string;
  quantity: Quantity;
  decimals?: number;
  /** Shown in place of the number as it came, as the size of a signed one. */
  as?: (value: number) => number;
}

export function Reading({ device, value: key, quantity, decimals, as }: ReadingProps) {
  const fresh = useFreshness(device, key);
  const raw = device.values[key]?.value;
  const number = typeof raw === "number" && as ? as(raw) : raw;
  const shown = show(number, quantity, preferences.value.units, language(), decimals);
  if (!shown || !fresh) {
    return (
      <span class="reading missing">
        <span aria-hidden="true">{MISSING}</span>
        <span class="visually-hidden">{t("state.notKnown")}</span>
      </span>
    );
  }
  return (
    <span class={fresh.stale ? "reading stale" : "reading"}>
      <bdi dir="ltr">
        <b>{shown.number}</b>
        {shown.unit !== "" && <small> {shown.unit}</small>}
      </bdi>
      {fresh.stale && <Age ms={fresh.age_ms} />}
    </span>
  );
}
