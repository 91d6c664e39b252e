// The receipt of a session: its text as it was signed, and who signed it.

import { part } from "../../api/client";
import type { Receipt } from "../../api/station";
import type { Device } from "../../api/types";
import { MISSING, t } from "../../i18n";
import { useApi } from "../../state/load";
import { Card, Facts } from "../../ui/card";
import { saveText } from "../../ui/download";
import { Icon } from "../../ui/icon";
import { LoadedView } from "../../ui/states";

function Text({ of }: { of: string }) {
  const name = t("receipt.title");
  return (
    // A long one scrolls: the keyboard must be able to scroll it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div class="receipt" dir="ltr" role="region" aria-label={name} tabIndex={0}>
      <pre>{of}</pre>
    </div>
  );
}

export function ReceiptCard({ device, id }: { device: Device; id: string }) {
  const receipt = useApi<Receipt>(`/sessions/${part(device.id)}/${part(id)}/receipt`);
  const { data } = receipt;
  const save = () => data && saveText(data.text, `receipt ${id}.txt`, "text/plain;charset=utf-8");
  const signed = data?.signed;
  const saveSigned = () =>
    signed && saveText(JSON.stringify(signed), `receipt ${id}.json`, "application/json");
  return (
    <Card
      title={t("receipt.title")}
      icon="report"
      actions={
        <>
          <button type="button" class="small" onClick={save} disabled={!data}>
            <Icon name="save" size={16} />
            {t("receipt.save")}
          </button>
          {signed && (
            <button type="button" class="small" onClick={saveSigned}>
              <Icon name="key" size={16} />
              {t("receipt.saveSigned")}
            </button>
          )}
        </>
      }
    >
      <LoadedView of={receipt}>
        {(one) => (
          <>
            <Text of={one.text} />
            <Facts
              of={[
                [t("receipt.signedBy"), one.signed_by ?? MISSING],
                [t("receipt.countersigned"), one.countersigned ? t("state.yes") : t("state.no")],
              ]}
            />
            {one.not_certified_meter && <p class="hint">{t("receipt.notCertified")}</p>}
          </>
        )}
      </LoadedView>
    </Card>
  );
}
