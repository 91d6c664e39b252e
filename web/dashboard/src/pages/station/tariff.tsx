// The station's tariffs as text, and what a charge would cost by them before they are saved. What
// is wrong with the text says the back end, line by line.

import { useEffect, useRef, useState } from "preact/hooks";
import { part, send } from "../../api/client";
import type { Tariff, TariffPreview } from "../../api/station";
import type { Device } from "../../api/types";
import { fromLocalInput, toLocalInput } from "../../format/time";
import { showMoney } from "../../format/units";
import { t } from "../../i18n";
import { saidText } from "../../i18n/said";
import { now } from "../../state/clock";
import { useApi } from "../../state/load";
import type { Loaded } from "../../state/load";
import { isHub, mayOperate } from "../../state/role";
import { Failure, useDoing } from "../../ui/action";
import { Card, PageTitle } from "../../ui/card";
import { Field, TextField } from "../../ui/field";
import { LoadedView } from "../../ui/states";
import { Table } from "../../ui/table";
import { billColumns, numbered } from "./session";

const HOUR_MS = 3_600_000;

export function TariffPage({ device }: { device: Device }) {
  const tariff = useApi<Tariff>(`/stations/${part(device.id)}/tariff`);
  return (
    <>
      <PageTitle title={t("nav.tariff")} />
      <LoadedView of={tariff}>
        {(kept) => <Editor key={device.id} device={device} kept={kept} of={tariff} />}
      </LoadedView>
    </>
  );
}

interface EditorProps {
  device: Device;
  kept: Tariff;
  of: Loaded<Tariff>;
}

function Editor({ device, kept, of }: EditorProps) {
  const [text, setText] = useState(kept.toml);
  const [saved, setSaved] = useState(false);
  const doing = useDoing();
  const before = useRef(kept.toml);
  useEffect(() => {
    // What is being typed stays when somebody else has saved meanwhile.
    setText((now) => (now === before.current ? kept.toml : now));
    before.current = kept.toml;
  }, [kept.toml]);
  // A hub is told of the prices: they are set where they hold.
  const may = mayOperate() && !isHub();
  const save = async () => {
    const path = `/stations/${part(device.id)}/tariff`;
    if (await doing.run(() => send("PUT", path, { toml: text }))) {
      setSaved(true);
      of.reload();
    }
  };
  return (
    <div class="grid two">
      <Card title={t("tariff.text")} icon="price">
        {kept.description && (
          <p>
            <bdi>{kept.description}</bdi>
          </p>
        )}
        <Field label={t("tariff.toml")} hint={t("tariff.hint")}>
          {(id, described) => (
            <textarea
              id={id}
              aria-describedby={described}
              class="code"
              dir="ltr"
              rows={22}
              spellcheck={false}
              readOnly={!may}
              value={text}
              onInput={(event) => {
                setText(event.currentTarget.value);
                setSaved(false);
              }}
            />
          )}
        </Field>
        <Failure text={doing.error} />
        <div class="buttons">
          {may ? (
            <>
              <button
                type="button"
                onClick={() => setText(kept.toml)}
                disabled={text === kept.toml}
              >
                {t("tariff.undo")}
              </button>
              <button
                type="button"
                class="primary"
                onClick={() => void save()}
                disabled={doing.busy || text === kept.toml}
              >
                {t("tariff.save")}
              </button>
            </>
          ) : (
            <p class="hint">{t(isHub() ? "tariff.setThere" : "tariff.readOnly")}</p>
          )}
          <small role="status">{saved && text === kept.toml ? t("tariff.saved") : ""}</small>
        </div>
      </Card>
      <Preview device={device} toml={text} currency={kept.currency} />
    </div>
  );
}

interface PreviewProps {
  device: Device;
  toml: string;
  currency?: string | null | undefined;
}

function Preview({ device, toml, currency }: PreviewProps) {
  const [start, setStart] = useState(() => toLocalInput(now.peek()));
  const [end, setEnd] = useState(() => toLocalInput(now.peek() + 2 * HOUR_MS));
  const [energy, setEnergy] = useState("5");
  const [shown, setShown] = useState<TariffPreview | null>(null);
  const doing = useDoing();
  const ask = async (event: Event) => {
    event.preventDefault();
    const body = {
      toml,
      start: fromLocalInput(start),
      end: fromLocalInput(end),
      energy_wh: Math.round(Number(energy) * 1000),
    };
    const path = `/stations/${part(device.id)}/tariff/preview`;
    await doing.run(async () => setShown(await send<TariffPreview>("POST", path, body)));
  };
  // A price is of the text, times and energy that it was asked for.
  useEffect(() => setShown(null), [toml, start, end, energy]);
  const errors = shown?.errors ?? [];
  const wrong = errors.map((error) => saidText(error.text, error.said)).join("\n");
  return (
    <Card title={t("tariff.preview")} icon="report">
      <form class="row" onSubmit={(event) => void ask(event)}>
        <TextField
          label={t("tariff.from")}
          type="datetime-local"
          value={start}
          onValue={setStart}
          required
        />
        <TextField
          label={t("tariff.to")}
          type="datetime-local"
          value={end}
          onValue={setEnd}
          required
        />
        <TextField
          label={t("tariff.energy")}
          type="number"
          value={energy}
          onValue={setEnergy}
          required
        />
        <button type="submit" class="primary" disabled={doing.busy}>
          {t("tariff.ask")}
        </button>
      </form>
      <Failure text={doing.error ?? (errors.length > 0 ? wrong : null)} />
      <div aria-live="polite">
        {shown && errors.length === 0 && (
          <>
            <p class="large-number">
              <bdi dir="ltr">{showMoney(shown.total, shown.currency ?? currency)}</bdi>
            </p>
            <Table
              caption={t("tariff.preview")}
              columns={billColumns(shown.currency ?? currency)}
              rows={numbered(shown.lines ?? [])}
              id={(line) => line.id}
            />
          </>
        )}
      </div>
    </Card>
  );
}
