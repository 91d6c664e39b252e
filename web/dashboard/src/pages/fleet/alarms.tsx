// Alarms of all devices, open or all, each to be acknowledged by an operator.

import { useState } from "preact/hooks";
import { part, send } from "../../api/client";
import type { Alarm } from "../../api/types";
import { duration, MISSING, t, time } from "../../i18n";
import { deviceHome } from "../../shell/places";
import { now } from "../../state/clock";
import { alarmsChanged, devices } from "../../state/devices";
import { useApi } from "../../state/load";
import { mayOperate } from "../../state/role";
import { Action } from "../../ui/action";
import { SeverityBadge } from "../../ui/badge";
import { PageTitle } from "../../ui/card";
import { isoTime } from "../../ui/download";
import { Segments } from "../../ui/field";
import { Says } from "../../ui/says";
import { LoadedView } from "../../ui/states";
import { CsvButton, Table } from "../../ui/table";
import type { Column } from "../../ui/table";

type State = "open" | "all";

function DeviceLink({ id }: { id: string }) {
  const device = devices.value.get(id);
  if (!device) return <bdi>{id}</bdi>;
  return (
    <a href={deviceHome(device)}>
      <bdi>{device.name}</bdi>
    </a>
  );
}

function Acknowledged({ alarm, done }: { alarm: Alarm; done: () => void }) {
  if (alarm.acknowledged_by) {
    return (
      <span>
        <bdi>{alarm.acknowledged_by}</bdi>, {time(alarm.acknowledged_at)}
      </span>
    );
  }
  if (!mayOperate()) return <>{MISSING}</>;
  const work = async () => {
    await send("POST", `/alarms/${part(alarm.id)}/acknowledge`);
    done();
  };
  return <Action label={t("alarm.acknowledge")} icon="check" work={work} />;
}

function columns(done: () => void): Column<Alarm>[] {
  return [
    {
      name: t("alarm.severity"),
      cell: (alarm) => <SeverityBadge severity={alarm.severity} />,
      csv: ["severity", (alarm) => alarm.severity],
    },
    {
      name: t("alarm.device"),
      cell: (alarm) => <DeviceLink id={alarm.device} />,
      csv: ["device", (alarm) => alarm.device],
    },
    {
      name: t("alarm.text"),
      cell: (alarm) => <Says {...alarm} />,
      csv: ["text", (alarm) => alarm.text],
    },
    {
      name: t("alarm.began"),
      cell: (alarm) => time(alarm.began),
      csv: ["began", (alarm) => isoTime(alarm.began)],
    },
    {
      name: t("alarm.lasts"),
      cell: (alarm) => duration((alarm.ended ?? now.value) - alarm.began),
      csv: ["ended", (alarm) => isoTime(alarm.ended)],
    },
    {
      name: t("alarm.acknowledged"),
      cell: (alarm) => <Acknowledged alarm={alarm} done={done} />,
      csv: ["acknowledged_by", (alarm) => alarm.acknowledged_by],
    },
  ];
}

export function Alarms() {
  const [state, setState] = useState<State>("open");
  const alarms = useApi<Alarm[]>("/alarms", { state }, alarmsChanged.value);
  const all = columns(alarms.reload);
  const rows = [...(alarms.data ?? [])].sort((a, b) => b.began - a.began);
  return (
    <>
      <PageTitle title={t("nav.alarms")}>
        <Segments
          label={t("alarm.which")}
          value={state}
          of={[
            ["open", t("alarm.open")],
            ["all", t("alarm.all")],
          ]}
          onValue={setState}
        />
        <CsvButton columns={all} rows={rows} name="alarms" />
      </PageTitle>
      <LoadedView
        of={alarms}
        icon="check"
        empty={(list) => (list.length === 0 ? t("alarm.none") : null)}
      >
        {() => <Table caption={t("nav.alarms")} columns={all} rows={rows} id={(one) => one.id} />}
      </LoadedView>
    </>
  );
}
