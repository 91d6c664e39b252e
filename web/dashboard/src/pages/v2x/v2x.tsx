// What a vehicle hears of others: neighbours on the map, warnings, the quality of the link, and
// what was refused. Read anew every two seconds while the page is open.

import { useEffect } from "preact/hooks";
import { part } from "../../api/client";
import type { Device, V2x } from "../../api/types";
import { t } from "../../i18n";
import { connection } from "../../state/connection";
import { useApi } from "../../state/load";
import { PageTitle } from "../../ui/card";
import { StateBadge } from "../../ui/badge";
import { deviceState } from "../../format/stale";
import { now } from "../../state/clock";
import { LoadedView } from "../../ui/states";
import { Counters } from "./counters";
import { LinkTable } from "./link_table";
import { Neighbours } from "./neighbours";
import { WarningLog } from "./warning_log";
import { warnings } from "../../state/devices";

const AGAIN_MS = 2000;

export function V2xPage({ device }: { device: Device }) {
  const v2x = useApi<V2x>(`/devices/${part(device.id)}/v2x`, {}, warnings.value.length);
  const { reload } = v2x;
  useEffect(() => {
    const timer = setInterval(() => connection.peek() === "live" && reload(), AGAIN_MS);
    return () => clearInterval(timer);
    // `reload` is new with each drawing and always does the same.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [device.id]);
  const state = deviceState(device, now.value, connection.value);
  return (
    <>
      <PageTitle title={t("v2x.title", { name: device.name })}>
        <StateBadge state={state} />
      </PageTitle>
      <LoadedView of={v2x} icon="radio">
        {(data) => (
          <div class={`grid v2x ${state === "online" ? "" : "stale"}`}>
            <Neighbours device={device} v2x={data} />
            <WarningLog device={device} current={data.warnings} />
            <LinkTable device={device} bands={data.link_by_distance} />
            <Counters counters={data.counters} />
          </div>
        )}
      </LoadedView>
    </>
  );
}
