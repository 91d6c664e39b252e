// Whether the back end is heard: a small mark in the menu, and a bar over the page when it is not.

import { ago, t } from "../i18n";
import { now } from "../state/clock";
import { connection, line } from "../state/connection";
import { Badge } from "../ui/badge";
import type { Tone } from "../ui/badge";
import type { Connection } from "../state/connection";
import { Icon } from "../ui/icon";

const TONES: Record<Connection, Tone> = { connecting: "quiet", live: "ok", lost: "bad" };

export function ConnectionMark() {
  const state = connection.value;
  return (
    <div class="connection" data-state={state}>
      <Badge tone={TONES[state]} {...(state === "lost" ? { icon: "lost" as const } : {})}>
        {t(`connection.${state}`)}
      </Badge>
    </div>
  );
}

/** In the page for screen readers at all times, so that its change is read out. */
export function ConnectionNote() {
  const lost = connection.value === "lost";
  const heard = line.value.heard;
  // The seconds are not read out one by one: the sentence before them is.
  const age = heard === null ? null : Math.max(0, Date.now() - heard + 0 * now.value);
  return (
    <div class="connection-note">
      <div role="status" class={lost ? "note bad" : ""}>
        {lost && (
          <>
            <Icon name="lost" />
            <p>{t("connection.lostNote")}</p>
          </>
        )}
      </div>
      {lost && age !== null && (
        <small aria-hidden="true">{t("connection.heard", { ago: ago(age) })}</small>
      )}
    </div>
  );
}
