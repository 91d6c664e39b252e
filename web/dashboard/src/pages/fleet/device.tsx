// Everything of one device: all values with their ages, what describes it, its parts, what the
// server has set for it, and commands.

import type { Device, Json } from "../../api/types";
import { deviceState, freshness } from "../../format/stale";
import { ago, t, time, word } from "../../i18n";
import { deviceHome } from "../../shell/places";
import { now } from "../../state/clock";
import { connection } from "../../state/connection";
import { devices } from "../../state/devices";
import { knows, mayOperate } from "../../state/role";
import { Badge, StateBadge } from "../../ui/badge";
import { Card, Facts, PageTitle } from "../../ui/card";
import { isoTime } from "../../ui/download";
import { Empty } from "../../ui/states";
import { CsvButton, Table } from "../../ui/table";
import type { Column } from "../../ui/table";
import { HealthCard } from "../vehicle/health_card";
import { Commands } from "./commands";
import { SharedSettings } from "./shared";
import { ValueHistory } from "./value_history";

interface Row {
  key: string;
  value: Json;
  ts: number;
}

export function plain(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function columns(device: Device): Column<Row>[] {
  return [
    {
      name: t("device.key"),
      cell: (row) => <code>{row.key}</code>,
      csv: ["key", (row) => row.key],
    },
    {
      name: t("device.value"),
      cell: (row) => <bdi dir="ltr">{plain(row.value)}</bdi>,
      csv: ["value", (row) => plain(row.value)],
    },
    {
      name: t("device.age"),
      cell: (row) => {
        const fresh = freshness(row.ts, device.stale_after_s, now.value, connection.value);
        const text = ago(fresh.age_ms);
        return fresh.stale ? (
          <Badge tone="warn" icon="clock">
            {text}
          </Badge>
        ) : (
          <span title={time(row.ts, "seconds")}>{text}</span>
        );
      },
      csv: ["time", (row) => isoTime(row.ts)],
    },
  ];
}

export function DevicePage({ device }: { device: Device }) {
  const rows = Object.entries(device.values)
    .map(([key, { value, ts }]) => ({ key, value, ts }))
    .sort((a, b) => a.key.localeCompare(b.key));
  const all = columns(device);
  const parts = [...devices.value.values()].filter((one) => one.parent === device.id);
  const parent = devices.value.get(device.parent ?? "");
  const attributes = Object.entries(device.attributes).map(
    ([key, value]) => [key, <bdi key={key}>{plain(value)}</bdi>] as const,
  );
  return (
    <>
      <PageTitle title={device.name}>
        <StateBadge state={deviceState(device, now.value, connection.value)} />
      </PageTitle>
      <div class="grid two">
        <Card title={t("device.about")} icon="key">
          <Facts
            of={[
              [t("device.id"), <code key="id">{device.id}</code>],
              [t("fleet.kind"), word("kind", device.kind)],
              [t("fleet.seen"), time(device.last_seen, "seconds")],
              ...(parent
                ? [
                    [
                      t("device.parent"),
                      <a key="p" href={deviceHome(parent)}>
                        {parent.name}
                      </a>,
                    ] as const,
                  ]
                : []),
              ...attributes,
            ]}
          />
          {parts.length > 0 && (
            <>
              <h3>{t("device.parts")}</h3>
              <ul class="links">
                {parts.map((one) => (
                  <li key={one.id}>
                    <a href={deviceHome(one)}>
                      <bdi>{one.name}</bdi>
                    </a>{" "}
                    <StateBadge state={deviceState(one, now.value, connection.value)} />
                  </li>
                ))}
              </ul>
            </>
          )}
        </Card>
        <HealthCard device={device} />
        {knows("history") && <ValueHistory device={device} />}
        <Card
          title={t("device.values")}
          icon="list"
          actions={<CsvButton columns={all} rows={rows} name={`values ${device.name}`} />}
        >
          {rows.length === 0 ? (
            <Empty text={t("device.noValues")} />
          ) : (
            <div class="tall">
              <Table caption={t("device.values")} columns={all} rows={rows} id={(row) => row.key} />
            </div>
          )}
        </Card>
        {knows("shared") && <SharedSettings device={device} />}
        {knows("rpc") && mayOperate() && <Commands device={device} />}
      </div>
    </>
  );
}
