// Where the battery's power goes. The back end says it positive into the battery.

import type { Device } from "../../api/types";
import { numberOf } from "../../format/stale";
import { t } from "../../i18n";
import type { Key } from "../../i18n";
import { Card, Figure } from "../../ui/card";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icon";
import { Reading, useFreshness } from "../../ui/reading";

/** Less than this, in watts, is what the car needs while it stands. */
const IDLE_W = 150;

export type Flow = "driving" | "regenerating" | "charging" | "idle" | "unknown";

export function flowOf(power: number | null, charging: boolean): Flow {
  if (power === null) return "unknown";
  if (charging && power > 0) return "charging";
  if (power > IDLE_W) return "regenerating";
  return power < -IDLE_W ? "driving" : "idle";
}

const LOOKS: Record<Flow, [Key, IconName]> = {
  driving: ["flow.driving", "bolt"],
  regenerating: ["flow.regenerating", "leaf"],
  charging: ["flow.charging", "plug"],
  idle: ["flow.idle", "car"],
  unknown: ["state.notKnown", "more"],
};

/** The scale ends at the car's own limits where it says them, in kW; a Twizy's motor has 17 kW. */
function ends(device: Device): { out: number; back: number } {
  const drive = numberOf(device, "max_drive_power");
  const back = numberOf(device, "max_recup_power");
  return {
    out: 1000 * Math.max(1, drive ?? 17),
    back: 1000 * Math.max(3.5, back ?? 5),
  };
}

export function PowerCard({ device }: { device: Device }) {
  const power = numberOf(device, "battery_power");
  const fresh = useFreshness(device, "battery_power");
  const plugged = useFreshness(device, "is_charging");
  const charging = device.values["is_charging"]?.value === true && plugged?.stale === false;
  const flow = flowOf(power, charging);
  const { out, back } = ends(device);
  const used = power === null ? 0 : Math.min(1, Math.max(0, -power / out));
  const taken = power === null ? 0 : Math.min(1, Math.max(0, power / back));
  const [text, icon] = LOOKS[flow];
  return (
    <Card title={t("live.power")} icon="bolt" area="area-power">
      <div class={`flow ${flow} ${fresh?.stale ? "stale" : ""}`}>
        <div class="flow-state">
          <span class="flow-icon">
            <Icon name={icon} size={26} />
          </span>
          <span>{t(text)}</span>
        </div>
        <div class="flow-number">
          <Reading device={device} value="battery_power" quantity="power" as={Math.abs} />
        </div>
        <div class="flow-bar" aria-hidden="true">
          <div class="back">
            <i style={{ inlineSize: `${taken * 100}%` }} />
          </div>
          <div class="out">
            <i style={{ inlineSize: `${used * 100}%` }} />
          </div>
        </div>
        <div class="flow-names" aria-hidden="true">
          <span>{t("flow.back")}</span>
          <span>{t("flow.out")}</span>
        </div>
      </div>
      <div class="figures">
        <Figure name={t("live.voltage")}>
          <Reading device={device} value="battery_voltage" quantity="voltage" />
        </Figure>
        <Figure name={t("live.current")}>
          <Reading device={device} value="current" quantity="current" />
        </Figure>
      </div>
    </Card>
  );
}
