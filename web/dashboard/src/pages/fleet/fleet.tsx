// All vehicles and stations: state, alarms, last seen, with filter and search; each row leads on.

import { useState } from "preact/hooks";
import type { Device } from "../../api/types";
import { deviceState } from "../../format/stale";
import type { DeviceState } from "../../format/stale";
import { ago, MISSING, t, word } from "../../i18n";
import { now } from "../../state/clock";
import { connection } from "../../state/connection";
import { devices } from "../../state/devices";
import { deviceHome } from "../../shell/places";
import { StateBadge, SeverityBadge } from "../../ui/badge";
import { PageTitle } from "../../ui/card";
import { isoTime } from "../../ui/download";
import { ChoiceField, TextField } from "../../ui/field";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icon";
import { Reading } from "../../ui/reading";
import { Says } from "../../ui/says";
import { Empty } from "../../ui/states";
import { CsvButton, Table } from "../../ui/table";
import type { Column } from "../../ui/table";
import type { DeviceKind } from "../../api/types";

const PAGE = 50;

const ICONS: Record<DeviceKind, IconName> = {
  vehicle: "car",
  station: "station",
  slot: "slot",
  unknown: "more",
};

const stateOf = (device: Device) => deviceState(device, now.value, connection.value);

/** The worst alarm that is open. */
function Alarms({ device }: { device: Device }) {
  const open = device.alarms.filter((alarm) => !alarm.ended);
  const worst =
    open.find((alarm) => alarm.severity === "critical") ??
    open.find((alarm) => alarm.severity === "warning") ??
    open[0];
  if (!worst) return <span class="quiet">{t("fleet.noAlarm")}</span>;
  return (
    <span class="alarm-cell">
      <SeverityBadge severity={worst.severity} />
      <Says {...worst} />
      {open.length > 1 && <b class="count">+{open.length - 1}</b>}
    </span>
  );
}

/** The number that says most of a device of its kind. */
function Main({ device }: { device: Device }) {
  if (device.kind === "vehicle") {
    return (
      <span class="pair">
        <Reading device={device} value="soc" quantity="percent" />
        <Reading device={device} value="motor_speed" quantity="speed" />
      </span>
    );
  }
  if (device.kind === "station") {
    return <Reading device={device} value="total_power" quantity="power" />;
  }
  return <Reading device={device} value="power" quantity="power" />;
}

function columns(): Column<Device>[] {
  return [
    {
      name: t("fleet.name"),
      cell: (device) => (
        <a class="device-name" href={deviceHome(device)}>
          <Icon name={ICONS[device.kind]} />
          <bdi>{device.name}</bdi>
        </a>
      ),
      csv: ["name", (device) => device.name],
    },
    {
      name: t("fleet.kind"),
      cell: (device) => word("kind", device.kind),
      csv: ["kind", (device) => device.kind],
    },
    {
      name: t("fleet.state"),
      cell: (device) => <StateBadge state={stateOf(device)} />,
      csv: ["state", stateOf],
    },
    { name: t("fleet.now"), cell: (device) => <Main device={device} /> },
    {
      name: t("fleet.alarms"),
      cell: (device) => <Alarms device={device} />,
      csv: [
        "alarms",
        (device) =>
          device.alarms
            .filter((alarm) => !alarm.ended)
            .map((alarm) => alarm.text)
            .join("; "),
      ],
    },
    {
      name: t("fleet.seen"),
      cell: (device) =>
        device.last_seen == null ? MISSING : ago(Math.max(0, now.value - device.last_seen)),
      csv: ["last_seen", (device) => isoTime(device.last_seen)],
    },
  ];
}

type Filter = "all" | "alarm" | DeviceState | "vehicle" | "station" | "slot";

export function matches(device: Device, filter: Filter, state: DeviceState, text: string) {
  const wanted = text.trim().toLowerCase();
  const found = wanted === "" || `${device.name} ${device.id}`.toLowerCase().includes(wanted);
  if (!found || filter === "all") return found;
  if (filter === "alarm") return device.alarms.some((alarm) => !alarm.ended);
  return device.kind === filter || state === filter;
}

export function Fleet() {
  const [text, setText] = useState("");
  const [filter, setFilter] = useState<Filter>("all");
  const [shown, setShown] = useState(PAGE);
  const list = [...devices.value.values()];
  const found = list
    .filter((device) => matches(device, filter, stateOf(device), text))
    .sort((a, b) => a.name.localeCompare(b.name));
  const all = columns();
  const count = (state: DeviceState) => list.filter((device) => stateOf(device) === state).length;
  return (
    <>
      <PageTitle title={t("nav.fleet")}>
        <CsvButton columns={all} rows={found} name="fleet" />
      </PageTitle>
      <div class="tiles">
        {(["online", "stale", "offline"] as const).map((state) => (
          <button
            type="button"
            key={state}
            class={`tile ${state}`}
            aria-pressed={filter === state}
            onClick={() => setFilter(filter === state ? "all" : state)}
          >
            <b>{count(state)}</b>
            <span>{t(`device.${state}`)}</span>
          </button>
        ))}
        <button
          type="button"
          class="tile alarm"
          aria-pressed={filter === "alarm"}
          onClick={() => setFilter(filter === "alarm" ? "all" : "alarm")}
        >
          <b>{list.filter((device) => device.alarms.some((alarm) => !alarm.ended)).length}</b>
          <span>{t("fleet.withAlarm")}</span>
        </button>
      </div>
      <div class="row filters">
        <TextField label={t("fleet.search")} type="search" value={text} onValue={setText} />
        <ChoiceField<Filter>
          label={t("fleet.filter")}
          value={filter}
          onValue={setFilter}
          of={[
            ["all", t("fleet.all")],
            ["vehicle", word("kind", "vehicle")],
            ["station", word("kind", "station")],
            ["slot", word("kind", "slot")],
            ["online", t("device.online")],
            ["stale", t("device.stale")],
            ["offline", t("device.offline")],
            ["unknown", t("device.unknown")],
            ["alarm", t("fleet.withAlarm")],
          ]}
        />
      </div>
      {found.length === 0 ? (
        <Empty text={list.length === 0 ? t("fleet.none") : t("fleet.noMatch")} icon="fleet" />
      ) : (
        <Table
          caption={t("nav.fleet")}
          columns={all}
          rows={found.slice(0, shown)}
          id={(device) => device.id}
        />
      )}
      {found.length > shown && (
        <div class="buttons">
          <button type="button" onClick={() => setShown(shown + PAGE)}>
            {t("fleet.more", { shown, all: found.length })}
          </button>
        </div>
      )}
    </>
  );
}
