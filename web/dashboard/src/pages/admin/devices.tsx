// Devices and their tokens: a token is shown once, when it is made.

import { useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { part, send } from "../../api/client";
import type { NewDevice } from "../../api/admin";
import type { Device, DeviceKind } from "../../api/types";
import { t, time, word } from "../../i18n";
import { devices, readDevices } from "../../state/devices";
import { deviceHome } from "../../shell/places";
import { Action, Failure, useDoing } from "../../ui/action";
import { Card, PageTitle } from "../../ui/card";
import { ChoiceField, TextField } from "../../ui/field";
import { Icon } from "../../ui/icon";
import { Empty } from "../../ui/states";
import { Table } from "../../ui/table";
import type { Column } from "../../ui/table";

interface Made {
  name: string;
  token: string;
}

function columns(onToken: (made: Made) => void): Column<Device>[] {
  const renew = async (device: Device) => {
    const said = await send<{ token: string }>("POST", `/devices/${part(device.id)}/token`);
    if (said) onToken({ name: device.name, token: said.token });
  };
  const remove = async (device: Device) => {
    await send("DELETE", `/devices/${part(device.id)}`);
    await readDevices();
  };
  return [
    {
      name: t("fleet.name"),
      cell: (device) => (
        <a href={deviceHome(device)}>
          <bdi>{device.name}</bdi>
        </a>
      ),
    },
    { name: t("fleet.kind"), cell: (device) => word("kind", device.kind) },
    { name: t("fleet.seen"), cell: (device) => time(device.last_seen) },
    {
      name: t("keys.actions"),
      cell: (device): ComponentChildren => (
        <span class="buttons">
          <Action
            label={t("keys.renew")}
            icon="key"
            ask={t("keys.askRenew", { name: device.name })}
            work={() => renew(device)}
          />
          <Action
            label={t("action.delete")}
            ask={t("keys.askDelete", { name: device.name })}
            danger
            work={() => remove(device)}
          />
        </span>
      ),
    },
  ];
}

function Token({ made }: { made: Made }) {
  const code = useRef<HTMLElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(made.token);
    } catch {
      // Without https a browser gives no clipboard: it is marked, to be copied by hand.
      if (code.current) getSelection()?.selectAllChildren(code.current);
    }
  };
  return (
    <div class="note ok" role="status">
      <Icon name="key" />
      <div>
        <p>{t("keys.once", { name: made.name })}</p>
        <code class="token" ref={code}>
          {made.token}
        </code>
      </div>
      <button type="button" class="small" onClick={() => void copy()}>
        {t("keys.copy")}
      </button>
    </div>
  );
}

export function DeviceKeys() {
  const [made, setMade] = useState<Made | null>(null);
  const [name, setName] = useState("");
  const [kind, setKind] = useState<DeviceKind>("vehicle");
  const doing = useDoing();
  const submit = async (event: Event) => {
    event.preventDefault();
    await doing.run(async () => {
      const said = await send<NewDevice>("POST", "/devices", { name, kind });
      if (said) setMade({ name, token: said.token });
      setName("");
      await readDevices();
    });
  };
  const rows = [...devices.value.values()]
    .filter((device) => device.kind !== "slot")
    .sort((a, b) => a.name.localeCompare(b.name));
  return (
    <>
      <PageTitle title={t("nav.devices")} />
      {made && <Token made={made} />}
      <div class="grid two">
        <Card title={t("keys.list")} icon="fleet">
          {rows.length === 0 ? (
            <Empty text={t("fleet.none")} icon="fleet" />
          ) : (
            <Table
              caption={t("keys.list")}
              columns={columns(setMade)}
              rows={rows}
              id={(device) => device.id}
            />
          )}
        </Card>
        <Card title={t("keys.add")} icon="key">
          <form onSubmit={(event) => void submit(event)}>
            <TextField label={t("fleet.name")} value={name} onValue={setName} required />
            <ChoiceField<DeviceKind>
              label={t("fleet.kind")}
              value={kind}
              onValue={setKind}
              of={[
                ["vehicle", word("kind", "vehicle")],
                ["station", word("kind", "station")],
              ]}
            />
            <Failure text={doing.error} />
            <div class="buttons">
              <button type="submit" class="primary" disabled={doing.busy}>
                {t("keys.create")}
              </button>
            </div>
          </form>
        </Card>
      </div>
    </>
  );
}
