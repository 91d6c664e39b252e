// Who did what, newest first, page by page.

import { useState } from "preact/hooks";
import type { AuditEntry } from "../../api/admin";
import { MISSING, t, time, word } from "../../i18n";
import { useApi } from "../../state/load";
import { PageTitle } from "../../ui/card";
import { isoTime } from "../../ui/download";
import { LoadedView } from "../../ui/states";
import { CsvButton, Table } from "../../ui/table";
import type { Column } from "../../ui/table";

const PAGE = 100;

function columns(): Column<AuditEntry>[] {
  return [
    {
      name: t("audit.time"),
      cell: (one) => time(one.ts, "dateTime"),
      csv: ["time", (one) => isoTime(one.ts)],
    },
    {
      name: t("audit.user"),
      cell: (one) => <bdi>{one.user ?? MISSING}</bdi>,
      csv: ["user", (one) => one.user],
    },
    {
      name: t("audit.action"),
      cell: (one) => word("audit", one.action),
      csv: ["action", (one) => one.action],
    },
    {
      name: t("audit.subject"),
      cell: (one) => <bdi>{one.subject ?? MISSING}</bdi>,
      csv: ["subject", (one) => one.subject],
    },
    {
      name: t("audit.detail"),
      cell: (one) => <bdi>{one.detail ?? MISSING}</bdi>,
      csv: ["detail", (one) => one.detail],
    },
    {
      name: t("audit.from"),
      cell: (one) => <code>{one.from ?? MISSING}</code>,
      csv: ["from", (one) => one.from],
    },
  ];
}

export function Audit() {
  const [before, setBefore] = useState<number | string | undefined>(undefined);
  const log = useApi<AuditEntry[]>("/audit", { limit: PAGE, before });
  const all = columns();
  const oldest = log.data?.[log.data.length - 1];
  return (
    <>
      <PageTitle title={t("nav.audit")}>
        <CsvButton columns={all} rows={log.data ?? []} name="audit" />
      </PageTitle>
      <LoadedView of={log} empty={(list) => (list.length === 0 ? t("audit.none") : null)}>
        {(list) => (
          <>
            <Table caption={t("nav.audit")} columns={all} rows={list} id={(one) => one.id} />
            <div class="buttons">
              {before !== undefined && (
                <button type="button" onClick={() => setBefore(undefined)}>
                  {t("sessions.newest")}
                </button>
              )}
              {list.length === PAGE && oldest && (
                <button type="button" onClick={() => setBefore(oldest.id)}>
                  {t("sessions.older")}
                </button>
              )}
            </div>
          </>
        )}
      </LoadedView>
    </>
  );
}
