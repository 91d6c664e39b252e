// The charging sessions of a station, newest first, page by page.

import { useEffect, useState } from "preact/hooks";
import type { Session } from "../../api/station";
import type { Device } from "../../api/types";
import { showMoney } from "../../format/units";
import { MISSING, quantity, t, time, word } from "../../i18n";
import { devices } from "../../state/devices";
import { sessionsChanged } from "../../state/devices";
import { useApi } from "../../state/load";
import { link } from "../../state/route";
import { Badge } from "../../ui/badge";
import { PageTitle } from "../../ui/card";
import { isoTime } from "../../ui/download";
import { ChoiceField } from "../../ui/field";
import { LoadedView } from "../../ui/states";
import { CsvButton, Table } from "../../ui/table";
import type { Column } from "../../ui/table";
import { isOver, knownUntil, lasted } from "./lasted";
import { useSlots } from "./slots";

const PAGE = 50;

/** A session that goes on, as far as anybody knows. */
function Going({ session, station }: { session: Session; station: string }) {
  const { until, isOld } = knownUntil(session, devices.value.get(station));
  return (
    <Badge tone={isOld ? "quiet" : "ok"} icon={isOld ? "clock" : "bolt"}>
      {lasted(session, until)}
    </Badge>
  );
}

export function sessionColumns(station: string): Column<Session>[] {
  return [
    {
      name: t("sessions.start"),
      cell: (one) => <a href={link("station", station, "sessions", one.id)}>{time(one.start)}</a>,
      csv: ["start", (one) => isoTime(one.start)],
    },
    {
      name: t("sessions.duration"),
      cell: (one) =>
        isOver(one) ? lasted(one, one.end) : <Going session={one} station={station} />,
      csv: ["end", (one) => isoTime(one.end)],
    },
    { name: t("sessions.slot"), cell: (one) => one.slot, csv: ["slot", (one) => one.slot] },
    {
      name: t("sessions.vehicle"),
      cell: (one) => (one.vehicle ? <bdi>{one.vehicle}</bdi> : MISSING),
      csv: ["vehicle", (one) => one.vehicle],
    },
    {
      name: t("sessions.energy"),
      number: true,
      cell: (one) => quantity(one.energy_wh, "energy"),
      csv: ["energy_wh", (one) => one.energy_wh],
    },
    {
      name: t("sessions.cost"),
      number: true,
      cell: (one) => <bdi dir="ltr">{showMoney(one.cost, one.currency)}</bdi>,
      csv: [
        ["cost", (one) => one.cost],
        ["currency", (one) => one.currency],
      ],
    },
    {
      name: t("sessions.end"),
      cell: (one) =>
        isOver(one)
          ? word("end", one.end_reason)
          : t(
              knownUntil(one, devices.value.get(station)).isOld
                ? "sessions.wasRunning"
                : "sessions.running",
            ),
      csv: ["end_reason", (one) => one.end_reason],
    },
    {
      name: t("sessions.receipt"),
      cell: (one) =>
        one.receipt ? (
          <Badge tone="ok" icon="report">
            {t("sessions.readable")}
          </Badge>
        ) : (
          MISSING
        ),
    },
  ];
}

/** Whether there is a further page, and how to have it. */
function More({ list, onMore }: { list: readonly Session[]; onMore: (before: string) => void }) {
  const last = list[list.length - 1];
  if (list.length < PAGE || !last) return null;
  return (
    <button type="button" onClick={() => onMore(last.id)}>
      {t("sessions.older")}
    </button>
  );
}

export function Sessions({ device }: { device: Device }) {
  const [slot, setSlot] = useState("");
  const [before, setBefore] = useState<string | undefined>(undefined);
  useEffect(() => setBefore(undefined), [slot, device.id]);
  const slots = useSlots(device);
  const query = { station: device.id, slot: slot === "" ? undefined : slot, limit: PAGE, before };
  const sessions = useApi<Session[]>("/sessions", query, sessionsChanged.value);
  const columns = sessionColumns(device.id);
  const names = (slots.data ?? []).map((one): [string, string] => [
    String(one.number),
    `${one.number} · ${one.name}`,
  ]);
  return (
    <>
      <PageTitle title={t("nav.sessions")}>
        <ChoiceField
          label={t("sessions.slot")}
          value={slot}
          of={[["", t("sessions.allSlots")], ...names]}
          onValue={setSlot}
        />
        <CsvButton columns={columns} rows={sessions.data ?? []} name={`sessions ${device.name}`} />
      </PageTitle>
      <LoadedView of={sessions} empty={(list) => (list.length === 0 ? t("sessions.none") : null)}>
        {(list) => (
          <>
            <Table caption={t("nav.sessions")} columns={columns} rows={list} id={(one) => one.id} />
            <div class="buttons">
              {before !== undefined && (
                <button type="button" onClick={() => setBefore(undefined)}>
                  {t("sessions.newest")}
                </button>
              )}
              <More list={list} onMore={setBefore} />
            </div>
          </>
        )}
      </LoadedView>
    </>
  );
}
