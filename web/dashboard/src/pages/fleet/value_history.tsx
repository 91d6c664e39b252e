// Any numeric value of a device over a chosen span, with its export.

import { useState } from "preact/hooks";
import { address, part } from "../../api/client";
import type { Device, History } from "../../api/types";
import { t } from "../../i18n";
import { Plot } from "../../plot/plot";
import { useApi } from "../../state/load";
import { Card } from "../../ui/card";
import { ChoiceField } from "../../ui/field";
import { SpanChoice, useSpan } from "../../ui/range";
import { Empty, LoadedView } from "../../ui/states";

export function ValueHistory({ device }: { device: Device }) {
  const keys = Object.keys(device.values)
    .filter((key) => typeof device.values[key]?.value === "number")
    .sort();
  const [chosen, setChosen] = useState("");
  const { span, setSpan, from } = useSpan("day");
  const key = keys.includes(chosen) ? chosen : (keys[0] ?? "");
  const path = `/devices/${part(device.id)}`;
  const history = useApi<History>(key === "" ? null : `${path}/history`, {
    keys: key,
    from,
    points: 2000,
  });
  return (
    <Card title={t("device.history")} icon="plot">
      {key === "" ? (
        <Empty text={t("device.noValues")} icon="plot" />
      ) : (
        <>
          <div class="row">
            <ChoiceField
              label={t("device.key")}
              value={key}
              of={keys.map((one) => [one, one] as const)}
              onValue={setChosen}
            />
            <SpanChoice span={span} onSpan={setSpan} />
          </div>
          <LoadedView of={history}>
            {(data) => (
              <Plot
                title={key}
                history={data}
                csv={address(`${path}/export.csv`, { keys: key, from })}
                lines={[{ key, label: key, quantity: "number", decimals: 2, color: "--plot-1" }]}
              />
            )}
          </LoadedView>
        </>
      )}
    </Card>
  );
}
