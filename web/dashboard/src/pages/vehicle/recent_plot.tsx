// Speed and power of the last quarter of an hour.

import { me, address, part } from "../../api/client";
import type { Device } from "../../api/types";
import { t } from "../../i18n";
import { Plot } from "../../plot/plot";
import { useRecent } from "../../plot/recent";
import { Card } from "../../ui/card";
import { LoadedView } from "../../ui/states";

const MINUTES = 15;
const KEYS = ["motor_speed", "battery_power"] as const;

export function RecentPlot({ device }: { device: Device }) {
  const recent = useRecent(device, KEYS, MINUTES);
  if (!me.value?.site.features.includes("history")) return null;
  const csv = (key: string) =>
    address(`/devices/${part(device.id)}/export.csv`, {
      keys: key,
      from: Math.floor(recent.data?.from ?? 0),
      to: Math.ceil(recent.data?.to ?? 0),
    });
  return (
    <Card title={t("live.recent", { minutes: MINUTES })} icon="plot" area="area-recent">
      <LoadedView of={recent}>
        {(history) => (
          <div class="grid two">
            <Plot
              title={t("live.speed")}
              history={history}
              height={170}
              sync="recent"
              whole
              csv={csv("motor_speed")}
              lines={[
                {
                  key: "motor_speed",
                  label: t("live.speed"),
                  quantity: "speed",
                  color: "--plot-1",
                },
              ]}
            />
            <Plot
              title={t("live.power")}
              history={history}
              height={170}
              sync="recent"
              whole
              zeroLine
              csv={csv("battery_power")}
              lines={[
                {
                  key: "battery_power",
                  label: t("live.powerIn"),
                  quantity: "power",
                  color: "--plot-2",
                },
              ]}
            />
          </div>
        )}
      </LoadedView>
    </Card>
  );
}
