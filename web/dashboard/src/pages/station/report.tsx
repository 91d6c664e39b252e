// A month of a station: totals, by day, by slot, by vehicle.

import { useState } from "preact/hooks";
import { part } from "../../api/client";
import type { Report as MonthReport, ReportRow } from "../../api/station";
import type { Device } from "../../api/types";
import { monthOf } from "../../format/time";
import { showMoney } from "../../format/units";
import { MISSING, quantity, t, time } from "../../i18n";
import type { Key } from "../../i18n";
import { now } from "../../state/clock";
import { useApi } from "../../state/load";
import { Card, Figure, PageTitle } from "../../ui/card";
import { TextField } from "../../ui/field";
import { Icon } from "../../ui/icon";
import { Empty, LoadedView } from "../../ui/states";
import { CsvButton, Table } from "../../ui/table";
import type { Column } from "../../ui/table";

type Row = ReportRow & { id: number };

const rowName = (row: ReportRow) => row.day ?? row.name;

/** Vehicles that have not said who they are stand together as "unknown". */
function shownName(row: ReportRow): string {
  const name = rowName(row);
  return name == null || name === "unknown" ? t("report.unnamed") : name;
}

function columns(first: Key, currency: string | null | undefined): Column<Row>[] {
  return [
    { name: t(first), cell: (row) => <bdi>{shownName(row)}</bdi>, csv: ["of", rowName] },
    {
      name: t("report.sessions"),
      number: true,
      cell: (row) => row.sessions ?? MISSING,
      csv: ["sessions", (row) => row.sessions],
    },
    {
      name: t("report.energy"),
      number: true,
      cell: (row) => quantity(row.energy_wh, "energy"),
      csv: ["energy_wh", (row) => row.energy_wh],
    },
    {
      name: t("report.unbilled"),
      number: true,
      cell: (row) => row.unbilled ?? MISSING,
      csv: ["sessions_without_price", (row) => row.unbilled],
    },
    {
      name: t("report.revenue"),
      number: true,
      cell: (row) => <bdi dir="ltr">{showMoney(row.revenue, currency)}</bdi>,
      csv: ["revenue", (row) => row.revenue],
    },
  ];
}

const withIds = (rows: readonly ReportRow[] | undefined): Row[] =>
  (rows ?? []).map((row, id) => ({ ...row, id }));

function monthStart(month: string): number {
  const [year, number] = month.split("-").map(Number);
  return new Date(year ?? 1970, (number ?? 1) - 1, 1).getTime();
}

export function Report({ device }: { device: Device }) {
  // Which month runs, the station says: it may be in another zone than the browser.
  const [chosen, setMonth] = useState<string | undefined>(undefined);
  const query = chosen === undefined ? {} : { month: chosen };
  const report = useApi<MonthReport>(`/stations/${part(device.id)}/report`, query);
  const month = chosen ?? report.data?.month ?? monthOf(now.peek());
  const step = (by: number) => setMonth(monthOf(monthStart(month), by));
  return (
    <>
      <PageTitle title={t("nav.report")}>
        <button type="button" class="small" onClick={() => step(-1)}>
          <Icon name="back" size={16} />
          <span class="visually-hidden">{t("report.before")}</span>
        </button>
        <TextField
          label={t("report.month")}
          type="month"
          value={month}
          onValue={(value) => /^\d{4}-\d{2}$/.test(value) && setMonth(value)}
        />
        <button type="button" class="small" onClick={() => step(1)}>
          <Icon name="next" size={16} />
          <span class="visually-hidden">{t("report.after")}</span>
        </button>
        <button type="button" class="small" onClick={() => print()}>
          {t("report.print")}
        </button>
      </PageTitle>
      <h2 class="report-month">{time(monthStart(month), "month")}</h2>
      <LoadedView
        of={report}
        icon="report"
        empty={(one) => ((one.sessions ?? 0) + (one.undated ?? 0) === 0 ? t("report.none") : null)}
      >
        {(one) => <Shown report={one} device={device} />}
      </LoadedView>
    </>
  );
}

function Part({ title, rows, name, report }: PartProps) {
  const list = withIds(rows);
  const all = columns(title, report.currency);
  return (
    <Card
      title={t(title)}
      actions={<CsvButton columns={all} rows={list} name={`${name} ${report.month}`} />}
    >
      {list.length === 0 ? (
        <Empty text={t("report.none")} />
      ) : (
        <Table caption={t(title)} columns={all} rows={list} id={(row) => row.id} />
      )}
    </Card>
  );
}

interface PartProps {
  title: Key;
  rows: readonly ReportRow[] | undefined;
  name: string;
  report: MonthReport;
}

/** What the sums leave out, in words: nothing of it is silently a zero. */
function Left({ report }: { report: MonthReport }) {
  const { unbilled, undated, unmeasured } = report;
  return (
    <>
      {report.is_cut && <p class="hint">{t("report.cutHint")}</p>}
      {report.is_revenue_beyond && <p class="hint">{t("report.beyondHint")}</p>}
      {!!unmeasured && <p class="hint">{t("report.unmeasuredHint", { count: unmeasured })}</p>}
      {!!unbilled && <p class="hint">{t("report.unbilledHint", { count: unbilled })}</p>}
      {!!undated && <p class="hint">{t("report.undatedHint", { count: undated })}</p>}
    </>
  );
}

function Shown({ report, device }: { report: MonthReport; device: Device }) {
  return (
    <>
      <div class="figures strip">
        <Figure name={t("report.sessions")}>{report.sessions ?? MISSING}</Figure>
        <Figure name={t("report.energy")}>{quantity(report.energy_wh, "energy")}</Figure>
        <Figure name={t("report.revenue")}>
          <bdi dir="ltr">{showMoney(report.revenue, report.currency)}</bdi>
        </Figure>
        <Figure name={t("report.unbilled")}>{report.unbilled ?? MISSING}</Figure>
      </div>
      <Left report={report} />
      <Card title={t("report.days")} icon="plot">
        <DayBars rows={report.by_day ?? []} />
      </Card>
      <div class="grid two">
        <div class="stack">
          <Part
            title="report.bySlot"
            rows={report.by_slot}
            name={`${device.name} slots`}
            report={report}
          />
          <Part
            title="report.byVehicle"
            rows={report.by_vehicle}
            name={`${device.name} vehicles`}
            report={report}
          />
        </div>
        <Part
          title="report.byDay"
          rows={report.by_day}
          name={`${device.name} days`}
          report={report}
        />
      </div>
    </>
  );
}

/** Energy by day as bars; the table beside it says the same in numbers. */
function DayBars({ rows }: { rows: readonly ReportRow[] }) {
  const most = Math.max(1, ...rows.map((row) => row.energy_wh ?? 0));
  return (
    <ol class="day-bars" aria-hidden="true">
      {rows.map((row) => (
        <li key={row.day} title={`${row.day ?? ""}: ${quantity(row.energy_wh, "energy")}`}>
          <i style={{ blockSize: `${((row.energy_wh ?? 0) / most) * 100}%` }} />
          <span>{Number((row.day ?? "").slice(-2))}</span>
        </li>
      ))}
    </ol>
  );
}
