// Power and voltage of each slot over the last hour, growing as they are measured.

import { address, part } from "../../api/client";
import type { Device } from "../../api/types";
import { t } from "../../i18n";
import { Plot } from "../../plot/plot";
import { useRecent } from "../../plot/recent";
import { devices } from "../../state/devices";
import { Card, PageTitle } from "../../ui/card";
import { Empty, LoadedView } from "../../ui/states";

const MINUTES = 60;

/** Where a slot's values are: at a device of its own, or at the station's with its number. */
interface Source {
  device: Device;
  name: string;
  power: string;
  voltage: string;
}

function sources(station: Device, all: Iterable<Device>): Source[] {
  const own = [...all].filter((device) => device.parent === station.id && device.kind === "slot");
  if (own.length > 0) {
    return own.map((device) => ({
      device,
      name: device.name,
      power: "power",
      voltage: "voltage",
    }));
  }
  const numbered = Object.keys(station.values)
    .flatMap((key) => /^voltage(_slot\d+)?$/.exec(key)?.slice(0, 2) ?? [])
    .filter((key) => key.startsWith("voltage"));
  return numbered.sort().map((voltage) => {
    const suffix = voltage.slice("voltage".length);
    return {
      device: station,
      name: suffix === "" ? station.name : t("slot.numbered", { number: suffix.slice(5) }),
      power: `power${suffix}`,
      voltage,
    };
  });
}

function SlotPlots({ source }: { source: Source }) {
  const recent = useRecent(source.device, [source.power, source.voltage], MINUTES);
  const csv = address(`/devices/${part(source.device.id)}/export.csv`, {
    keys: `${source.power},${source.voltage}`,
    from: Math.floor(recent.data?.from ?? 0),
    to: Math.ceil(recent.data?.to ?? 0),
  });
  const sync = `slot ${source.name}`;
  return (
    <Card title={source.name} icon="slot">
      <LoadedView of={recent}>
        {(history) => (
          <>
            <Plot
              title={t("slot.power")}
              history={history}
              height={180}
              sync={sync}
              csv={csv}
              lines={[
                {
                  key: source.power,
                  label: t("slot.power"),
                  quantity: "power",
                  color: "--plot-2",
                },
              ]}
            />
            <Plot
              title={t("slot.voltage")}
              history={history}
              height={150}
              sync={sync}
              lines={[
                {
                  key: source.voltage,
                  label: t("slot.voltage"),
                  quantity: "voltage",
                  color: "--plot-1",
                },
              ]}
            />
          </>
        )}
      </LoadedView>
    </Card>
  );
}

export function StationPower({ device }: { device: Device }) {
  const all = sources(device, devices.value.values());
  return (
    <>
      <PageTitle title={t("nav.power")} />
      {all.length === 0 ? (
        <Empty text={t("slot.none")} icon="slot" />
      ) : (
        <div class="grid two">
          {all.map((source) => (
            <SlotPlots key={source.name + source.power} source={source} />
          ))}
        </div>
      )}
    </>
  );
}
