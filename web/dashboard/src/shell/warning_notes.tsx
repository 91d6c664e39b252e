// Warnings of other vehicles, as they happen, over every page; read out at once.

import type { Warning } from "../api/types";
import { quantity, t, word } from "../i18n";
import { now } from "../state/clock";
import { connection } from "../state/connection";
import { devices, warnings } from "../state/devices";
import { link } from "../state/route";
import { Icon } from "../ui/icon";

/** A warning whose end was not heard is over at last. */
const SHOWN_MS = 60_000;

export function warningText(warning: Warning): string {
  const what = word("warning", warning.kind);
  if (warning.distance_m === null || warning.distance_m === undefined) return what;
  return t("warning.at", { what, distance: quantity(warning.distance_m, "length") });
}

export function WarningNotes() {
  // While nothing is heard nobody knows whether it lasts.
  const heard = connection.value === "live";
  const recent = warnings.value.filter((warning) => now.value - warning.ts < SHOWN_MS);
  const shown = heard ? recent.slice(-3) : [];
  return (
    <div class="warning-notes" role="alert">
      {shown.map((warning) => {
        const device = warning.device ?? "";
        const name = devices.value.get(device)?.name ?? device;
        return (
          <a class="note warn" key={warning.id} href={link("v2x", device)}>
            <Icon name="alarm" />
            <p>
              <b>{warningText(warning)}</b> · <bdi>{name}</bdi>
            </p>
          </a>
        );
      })}
    </div>
  );
}
