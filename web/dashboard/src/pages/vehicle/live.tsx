// The vehicle as it is now: each card is a file of this folder.

import type { Device } from "../../api/types";
import { deviceState } from "../../format/stale";
import { ago, t } from "../../i18n";
import { now } from "../../state/clock";
import { connection } from "../../state/connection";
import { StateBadge } from "../../ui/badge";
import { PageTitle } from "../../ui/card";
import { BatteryCard } from "./battery_card";
import { Cells } from "./cells";
import { HealthCard } from "./health_card";
import { PositionCard } from "./position";
import { PowerCard } from "./power_card";
import { RecentPlot } from "./recent_plot";
import { SpeedCard } from "./speed_card";
import { Temperatures } from "./temperatures";

export function Live({ device }: { device: Device }) {
  const state = deviceState(device, now.value, connection.value);
  const seen = device.last_seen ?? null;
  return (
    <>
      <PageTitle title={device.name}>
        <StateBadge state={state} />
        {seen !== null && state !== "online" && (
          <span class="quiet">{t("device.seen", { ago: ago(Math.max(0, now.value - seen)) })}</span>
        )}
      </PageTitle>
      <div class="live" data-state={state}>
        <SpeedCard device={device} />
        <PowerCard device={device} />
        <BatteryCard device={device} />
        <PositionCard device={device} />
        <Temperatures device={device} />
        <Cells device={device} />
        <HealthCard device={device} />
        <RecentPlot device={device} />
      </div>
    </>
  );
}
