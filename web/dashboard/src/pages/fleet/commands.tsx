// A command to a device by its name, and the device's answer as it came.

import { useState } from "preact/hooks";
import { part, send } from "../../api/client";
import type { Device, Json } from "../../api/types";
import { t } from "../../i18n";
import { Failure, useDoing } from "../../ui/action";
import { Card } from "../../ui/card";
import { Field, TextField } from "../../ui/field";

/** What was typed as JSON; `undefined` when it is none. */
export function parseParams(text: string): Json | undefined {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

export function Commands({ device }: { device: Device }) {
  const [method, setMethod] = useState("");
  const [text, setText] = useState("");
  const [answer, setAnswer] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const doing = useDoing();
  const submit = async (event: Event) => {
    event.preventDefault();
    const params = parseParams(text);
    setWrong(params === undefined ? t("command.notJson") : null);
    if (params === undefined) return;
    setAnswer("");
    await doing.run(async () => {
      const said = await send<Json>("POST", `/devices/${part(device.id)}/rpc`, { method, params });
      setAnswer(JSON.stringify(said, null, 2));
    });
  };
  return (
    <Card title={t("command.title")} icon="bolt">
      <form onSubmit={(event) => void submit(event)}>
        <TextField label={t("command.method")} value={method} onValue={setMethod} required />
        <Field label={t("command.params")} hint={t("command.paramsHint")}>
          {(id, described) => (
            <textarea
              id={id}
              aria-describedby={described}
              class="code"
              dir="ltr"
              rows={3}
              spellcheck={false}
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          )}
        </Field>
        <Failure text={wrong ?? doing.error} />
        <div class="buttons">
          <button type="submit" class="primary" disabled={doing.busy}>
            {doing.busy ? t("command.waiting") : t("command.send")}
          </button>
        </div>
      </form>
      <div aria-live="polite">
        {answer !== "" && (
          <pre class="receipt" dir="ltr">
            {answer}
          </pre>
        )}
      </div>
    </Card>
  );
}
