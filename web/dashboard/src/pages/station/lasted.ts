// How long a session took, and whether it is over; a time is unknown where no clock was known then.

import type { Session } from "../../api/station";
import type { Device } from "../../api/types";
import { deviceState } from "../../format/stale";
import { duration, MISSING } from "../../i18n";
import { now } from "../../state/clock";
import { connection } from "../../state/connection";

/** A session that ended at an unknown time is over all the same. */
export const isOver = (session: Session) => session.state === "ended" || session.end != null;

/** Until when it is known how a session goes: while its station speaks until now, and of one that
 * is silent or gone until it last spoke. */
export function knownUntil(session: Session, station: Device | undefined) {
  if (isOver(session)) return { until: session.end, isOld: false };
  const isOld = !station || deviceState(station, now.value, connection.value) !== "online";
  return { until: isOld ? (station?.last_seen ?? null) : now.value, isOld };
}

export function lasted(session: Session, end: number | null | undefined): string {
  return session.start == null || end == null ? MISSING : duration(end - session.start);
}
