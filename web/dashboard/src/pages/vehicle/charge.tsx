// One charge: its curve of power and state of charge, and what of the station's energy reached the
// battery.

import { useState } from "preact/hooks";
import { address, part } from "../../api/client";
import type { Charge, Device, History } from "../../api/types";
import { duration, quantity, t, time } from "../../i18n";
import { showMoney } from "../../format/units";
import { Plot } from "../../plot/plot";
import { now } from "../../state/clock";
import { useApi } from "../../state/load";
import { link } from "../../state/route";
import { Card, Facts, Figure, PageTitle } from "../../ui/card";
import { Empty, LoadedView } from "../../ui/states";
import { fromTo } from "./drives";

const KEYS = "battery_power,soc,battery_voltage,cell_temp_max";

export function ChargePage({ device, id }: { device: Device; id: string }) {
  const charges = useApi<Charge[]>(`/devices/${part(device.id)}/charges`);
  return (
    <LoadedView of={charges} title={t("charges.one")}>
      {(list) => {
        const charge = list.find((one) => String(one.id) === id);
        if (charge) return <Shown key={charge.id} device={device} charge={charge} />;
        return (
          <>
            <PageTitle title={t("charges.one")} />
            <Empty text={t("charges.notFound")} icon="plug" />
          </>
        );
      }}
    </LoadedView>
  );
}

function Shown({ device, charge }: { device: Device; charge: Charge }) {
  const [to] = useState(() => charge.end ?? now.peek());
  const span = { from: charge.start, to };
  const path = `/devices/${part(device.id)}`;
  const history = useApi<History>(`${path}/history`, { keys: KEYS, ...span, points: 4000 });
  return (
    <>
      <PageTitle title={t("charges.title", { time: time(charge.start) })}>
        <a class="button small" href={link("vehicle", device.id, "charges")}>
          {t("charges.all")}
        </a>
      </PageTitle>
      <div class="figures strip">
        <Figure name={t("drives.duration")}>{duration(to - charge.start)}</Figure>
        <Figure name={t("drives.soc")}>{fromTo(charge.soc_from, charge.soc_to)}</Figure>
        <Figure name={t("charges.car")}>{quantity(charge.energy_wh, "energy")}</Figure>
        <Figure name={t("charges.power")}>{quantity(charge.max_power_w, "power")}</Figure>
        <Figure name={t("charges.cost")}>
          <bdi dir="ltr">{showMoney(charge.cost, charge.currency)}</bdi>
        </Figure>
      </div>
      <div class="grid drive">
        <Card title={t("charges.curve")} icon="plot">
          <LoadedView of={history}>
            {(data) => (
              <>
                <Plot
                  title={t("charges.powerCurve")}
                  history={data}
                  sync="charge"
                  csv={address(`${path}/export.csv`, { keys: KEYS, ...span })}
                  lines={[
                    {
                      key: "battery_power",
                      label: t("charges.powerCurve"),
                      quantity: "power",
                      color: "--plot-2",
                    },
                  ]}
                />
                <Plot
                  title={t("live.soc")}
                  history={data}
                  sync="charge"
                  height={160}
                  lines={[
                    { key: "soc", label: t("live.soc"), quantity: "percent", color: "--plot-4" },
                  ]}
                />
              </>
            )}
          </LoadedView>
        </Card>
        <Efficiency charge={charge} />
      </div>
    </>
  );
}

function Efficiency({ charge }: { charge: Charge }) {
  const { efficiency, station_energy_wh: station } = charge;
  const share = typeof efficiency === "number" ? Math.min(1, Math.max(0, efficiency)) : null;
  return (
    <Card title={t("charges.efficiency")} icon="leaf">
      {share === null ? (
        <Empty text={t("charges.noEfficiency")} icon="station" />
      ) : (
        <>
          <p class="large-number">{quantity(efficiency, "ratio")}</p>
          <div class="soc-cell thin" aria-hidden="true">
            <i style={{ inlineSize: `${share * 100}%` }} />
          </div>
        </>
      )}
      <Facts
        of={[
          [t("charges.station"), quantity(station, "energy")],
          [t("charges.car"), quantity(charge.energy_wh, "energy")],
          [t("charges.kind"), charge.inferred ? t("charges.inferred") : t("charges.seen")],
          [t("charges.cause"), charge.cause ?? "—"],
        ]}
      />
    </Card>
  );
}
