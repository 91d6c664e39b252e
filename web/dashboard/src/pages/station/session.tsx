// One session, explained: what happened step by step, each line of the bill, the receipt.

import { part } from "../../api/client";
import type { BillLine, SessionDetail } from "../../api/station";
import type { Device, History } from "../../api/types";
import { showMoney } from "../../format/units";
import { MISSING, quantity, t, time, word } from "../../i18n";
import { Plot } from "../../plot/plot";
import { now } from "../../state/clock";
import { devices, sessionsChanged } from "../../state/devices";
import { useApi } from "../../state/load";
import { knows } from "../../state/role";
import { link } from "../../state/route";
import { Badge } from "../../ui/badge";
import { Card, Facts, Figure, PageTitle } from "../../ui/card";
import { Age } from "../../ui/reading";
import { Says } from "../../ui/says";
import { Empty, LoadedView } from "../../ui/states";
import { Table } from "../../ui/table";
import type { Column } from "../../ui/table";
import { isOver, knownUntil, lasted } from "./lasted";
import { ReceiptCard } from "./receipt";

export function billColumns(
  currency: string | null | undefined,
): Column<BillLine & { id: number }>[] {
  return [
    { name: t("bill.text"), cell: (line) => <Says {...line} /> },
    {
      name: t("bill.time"),
      cell: (line) =>
        line.from == null ? MISSING : `${time(line.from, "time")} – ${time(line.to, "time")}`,
    },
    {
      name: t("bill.energy"),
      number: true,
      cell: (line) => line.quantity ?? quantity(line.energy_wh, "energy", 3),
    },
    { name: t("bill.price"), number: true, cell: (line) => line.price ?? MISSING },
    {
      name: t("bill.amount"),
      number: true,
      cell: (line) => <bdi dir="ltr">{showMoney(line.amount, currency)}</bdi>,
    },
  ];
}

export const numbered = (lines: readonly BillLine[]) => lines.map((line, id) => ({ ...line, id }));

export function SessionPage({ device, id }: { device: Device; id: string }) {
  const path = `/sessions/${part(device.id)}/${part(id)}`;
  const session = useApi<SessionDetail>(path, {}, sessionsChanged.value);
  return (
    <LoadedView of={session} title={t("session.id")}>
      {(one) => <Shown device={device} session={one} />}
    </LoadedView>
  );
}

function Shown({ device, session }: { device: Device; session: SessionDetail }) {
  const { currency } = session;
  const { until, isOld } = knownUntil(session, device);
  const lines = session.lines ?? [];
  const explanation = session.explanation ?? [];
  return (
    <>
      <PageTitle title={t("session.title", { time: time(session.start) })}>
        {isOver(session) ? null : (
          <Badge tone={isOld ? "quiet" : "ok"} icon={isOld ? "clock" : "bolt"}>
            {t(isOld ? "sessions.wasRunning" : "sessions.running")}
          </Badge>
        )}
        <a class="button small" href={link("station", device.id, "sessions")}>
          {t("session.all")}
        </a>
      </PageTitle>
      {isOld && until != null && (
        <p>
          <Age ms={now.value - until} />
        </p>
      )}
      <div class={isOld ? "figures strip stale" : "figures strip"}>
        <Figure name={t("sessions.energy")}>{quantity(session.energy_wh, "energy", 3)}</Figure>
        <Figure name={t("sessions.cost")}>
          <bdi dir="ltr">{showMoney(session.cost, currency)}</bdi>
        </Figure>
        <Figure name={t("sessions.duration")}>{lasted(session, until)}</Figure>
        <Figure name={t("session.doubtful")}>
          {quantity(session.doubtful_energy_wh, "energy", 3)}
        </Figure>
      </div>
      <div class="grid two">
        <div class="stack">
          <Card title={t("session.explained")} icon="list">
            {explanation.length === 0 ? (
              <Empty text={t("session.noExplanation")} />
            ) : (
              <ol class="steps">
                {explanation.map((said, index) => (
                  <li key={index}>
                    <Says {...said} />
                  </li>
                ))}
              </ol>
            )}
          </Card>
          {knows("history") && <Samples device={device} session={session} />}
        </div>
        <div class="stack">
          <Card title={t("session.bill")} icon="price">
            {lines.length === 0 ? (
              <Empty text={t("session.noBill")} icon="price" />
            ) : (
              <Table
                caption={t("session.bill")}
                columns={billColumns(currency)}
                rows={numbered(lines)}
                id={(line) => line.id}
              />
            )}
            <Facts
              of={[
                [t("sessions.slot"), String(session.slot)],
                [t("sessions.vehicle"), session.vehicle ?? MISSING],
                [t("session.tariff"), session.tariff ?? MISSING],
                [t("sessions.end"), isOver(session) ? word("end", session.end_reason) : MISSING],
                [t("session.id"), <code key="id">{session.id}</code>],
              ]}
            />
          </Card>
          {session.receipt && <ReceiptCard device={device} id={session.id} />}
        </div>
      </div>
    </>
  );
}

/** The measured power while the session ran. */
function Samples({ device, session }: { device: Device; session: SessionDetail }) {
  const slots = [...devices.value.values()].filter(
    (one) => one.parent === device.id && one.kind === "slot",
  );
  const name = String(session.slot);
  const own = slots.find(
    (one) =>
      one.name === name || one.id === name || JSON.stringify(one.attributes["slot"]) === name,
  );
  const suffixed = `power_slot${name}`;
  const key = own || !(suffixed in device.values) ? "power" : suffixed;
  const from = session.samples_from ?? session.start ?? undefined;
  const to = session.samples_to ?? session.end ?? undefined;
  const path = `/devices/${part((own ?? device).id)}/history`;
  const history = useApi<History>(path, { keys: key, from, to, points: 2000 });
  return (
    <Card title={t("session.samples")} icon="plot">
      <LoadedView of={history}>
        {(data) => (
          <Plot
            title={t("slot.power")}
            history={data}
            lines={[{ key, label: t("slot.power"), quantity: "power", color: "--plot-2" }]}
          />
        )}
      </LoadedView>
    </Card>
  );
}
