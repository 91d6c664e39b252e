// How long a session took; unknown where no clock was known at its start.

import type { Session } from "../../api/station";
import { duration, MISSING } from "../../i18n";

export function lasted(session: Session, end: number): string {
  return session.start == null ? MISSING : duration(end - session.start);
}
