// Settings that the server holds for a device (shared attributes); a device takes them as it hears
// of them. An operator may set and delete them.

import { useState } from "preact/hooks";
import { part, send } from "../../api/client";
import type { Device, Json } from "../../api/types";
import { t } from "../../i18n";
import { useApi } from "../../state/load";
import { mayOperate } from "../../state/role";
import { Action, Failure, useDoing } from "../../ui/action";
import { Card } from "../../ui/card";
import { TextField } from "../../ui/field";
import { Empty, LoadedView } from "../../ui/states";

/** A number, true, false or null as such; anything else is a text. */
export function typed(text: string): Json {
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === "object" && value !== null ? text : value;
  } catch {
    return text;
  }
}

export function SharedSettings({ device }: { device: Device }) {
  const path = `/devices/${part(device.id)}/shared`;
  const shared = useApi<Record<string, Json>>(path);
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const doing = useDoing();
  const may = mayOperate();
  const put = async (change: Record<string, Json>) => {
    await send("PUT", path, change);
    shared.reload();
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    if (await doing.run(() => put({ [key.trim()]: typed(value) }))) {
      setKey("");
      setValue("");
    }
  };
  return (
    <Card title={t("shared.title")} icon="settings">
      <LoadedView of={shared}>
        {(data) =>
          Object.keys(data).length === 0 ? (
            <Empty text={t("shared.none")} icon="settings" />
          ) : (
            <dl class="facts">
              {Object.entries(data).map(([name, said]) => (
                <div key={name}>
                  <dt>
                    <code>{name}</code>
                  </dt>
                  <dd>
                    <bdi dir="ltr">{JSON.stringify(said)}</bdi>{" "}
                    {may && (
                      <Action
                        label={t("action.delete")}
                        ask={t("shared.askDelete", { name })}
                        danger
                        work={() => put({ [name]: null })}
                      />
                    )}
                  </dd>
                </div>
              ))}
            </dl>
          )
        }
      </LoadedView>
      {may && (
        <form class="row" onSubmit={(event) => void submit(event)}>
          <TextField label={t("shared.key")} value={key} onValue={setKey} required />
          <TextField label={t("shared.value")} value={value} onValue={setValue} required />
          <button type="submit" class="primary" disabled={doing.busy}>
            {t("shared.set")}
          </button>
        </form>
      )}
      <Failure text={doing.error} />
    </Card>
  );
}
