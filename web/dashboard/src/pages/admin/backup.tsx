// A consistent copy of the store, made while everything runs.

import { fetchFile } from "../../api/client";
import { t } from "../../i18n";
import { now } from "../../state/clock";
import { isoTime, saveBlob } from "../../ui/download";
import { Failure, useDoing } from "../../ui/action";
import { Card, PageTitle } from "../../ui/card";
import { Icon } from "../../ui/icon";

export function Backup() {
  const doing = useDoing();
  const make = () =>
    doing.run(async () => {
      const day = isoTime(now.peek())?.slice(0, 16).replaceAll(":", "-") ?? "";
      saveBlob(await fetchFile("/backup"), `v2x-backup-${day}.sqlite3`);
    });
  return (
    <>
      <PageTitle title={t("nav.backup")} />
      <Card title={t("backup.title")} icon="save">
        <p>{t("backup.what")}</p>
        <p class="hint">{t("backup.care")}</p>
        <Failure text={doing.error} />
        <div class="buttons">
          <button type="button" class="primary" disabled={doing.busy} onClick={() => void make()}>
            <Icon name="save" />
            {doing.busy ? t("backup.busy") : t("backup.make")}
          </button>
        </div>
      </Card>
    </>
  );
}
