// Devices that ask to come in, each let in or turned away by an administrator.

import { part, send } from "../../api/client";
import type { Provisioning } from "../../api/admin";
import { MISSING, t, time } from "../../i18n";
import { readDevices } from "../../state/devices";
import { useApi } from "../../state/load";
import { Action } from "../../ui/action";
import { PageTitle } from "../../ui/card";
import { LoadedView } from "../../ui/states";
import { Table } from "../../ui/table";
import type { Column } from "../../ui/table";

function columns(reload: () => void): Column<Provisioning>[] {
  const decide = async (one: Provisioning, how: "approve" | "reject") => {
    await send("POST", `/provisioning/${part(one.id)}/${how}`);
    reload();
    await readDevices();
  };
  return [
    { name: t("fleet.name"), cell: (one) => <bdi>{one.name}</bdi> },
    { name: t("provisioning.asked"), cell: (one) => time(one.asked_at) },
    { name: t("provisioning.from"), cell: (one) => <code>{one.from ?? MISSING}</code> },
    {
      name: t("keys.actions"),
      cell: (one) => (
        <span class="buttons">
          <Action
            label={t("provisioning.approve")}
            icon="check"
            ask={t("provisioning.askApprove", { name: one.name })}
            work={() => decide(one, "approve")}
          />
          <Action
            label={t("provisioning.reject")}
            icon="cross"
            ask={t("provisioning.askReject", { name: one.name })}
            danger
            work={() => decide(one, "reject")}
          />
        </span>
      ),
    },
  ];
}

export function ProvisioningPage() {
  const waiting = useApi<Provisioning[]>("/provisioning");
  return (
    <>
      <PageTitle title={t("nav.provisioning")}>
        <button type="button" class="small" onClick={waiting.reload}>
          {t("state.again")}
        </button>
      </PageTitle>
      <LoadedView
        of={waiting}
        icon="door"
        empty={(list) => (list.length === 0 ? t("provisioning.none") : null)}
      >
        {(list) => (
          <Table
            caption={t("nav.provisioning")}
            columns={columns(waiting.reload)}
            rows={list}
            id={(one) => one.id}
          />
        )}
      </LoadedView>
    </>
  );
}
