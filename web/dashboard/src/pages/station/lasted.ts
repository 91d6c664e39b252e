// How long a session took, and whether it is over; a time is unknown where no clock was known then.

import type { Session } from "../../api/station";
import { duration, MISSING } from "../../i18n";

/** A session that ended at an unknown time is over all the same. */
export const isOver = (session: Session) => session.state === "ended" || session.end != null;

export function lasted(session: Session, end: number | null | undefined): string {
  return session.start == null || end == null ? MISSING : duration(end - session.start);
}
