// State of charge, range, what is left.

import type { Device } from "../../api/types";
import { numberOf } from "../../format/stale";
import { t } from "../../i18n";
import { Badge } from "../../ui/badge";
import { Card, Figure } from "../../ui/card";
import { Reading, useFreshness } from "../../ui/reading";

/** At and below this state of charge the battery is shown as nearly empty, in percent. */
const LOW_PERCENT = 15;

export function BatteryCard({ device }: { device: Device }) {
  const soc = numberOf(device, "soc");
  const fresh = useFreshness(device, "soc");
  const filled = soc === null ? 0 : Math.min(100, Math.max(0, soc));
  const low = soc !== null && soc <= LOW_PERCENT;
  const plugged = useFreshness(device, "is_charging");
  const charging = device.values["is_charging"]?.value === true && plugged?.stale === false;
  return (
    <Card
      title={t("live.battery")}
      icon="battery"
      area="area-battery"
      actions={
        charging && (
          <Badge tone="ok" icon="plug">
            {t("flow.charging")}
          </Badge>
        )
      }
    >
      <div class={`soc ${low ? "low" : ""} ${fresh?.stale ? "stale" : ""}`}>
        <div class="soc-number">
          <Reading device={device} value="soc" quantity="percent" decimals={0} />
        </div>
        <div class="soc-cell" aria-hidden="true">
          <i style={{ inlineSize: `${filled}%` }} />
        </div>
      </div>
      <div class="figures">
        <Figure name={t("live.range")}>
          <Reading device={device} value="range" quantity="distance" decimals={0} />
        </Figure>
        <Figure name={t("live.left")}>
          <KilowattHours device={device} />
        </Figure>
        <Figure name={t("live.health")}>
          <Reading device={device} value="state_of_health" quantity="percent" />
        </Figure>
      </div>
    </Card>
  );
}

/** The key `available_energy` is in kWh already. */
function KilowattHours({ device }: { device: Device }) {
  return (
    <Reading
      device={device}
      value="available_energy"
      quantity="energy"
      decimals={1}
      as={(kwh) => kwh * 1000}
    />
  );
}
