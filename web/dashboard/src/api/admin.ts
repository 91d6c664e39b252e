// What the back end says of its own: accounts, devices that ask to come in, what was done by whom.

import type { Millis, Role } from "./types";

export interface User {
  user: string;
  role: Role;
  last_login?: Millis | null;
}

export interface Provisioning {
  id: string | number;
  name: string;
  asked_at?: Millis | null;
  from?: string | null;
}

export interface AuditEntry {
  id: number | string;
  ts?: Millis | null;
  user?: string | null;
  action: string;
  subject?: string | null;
  detail?: string | null;
  from?: string | null;
}

export interface NewDevice {
  id: string;
  token: string;
}
