// Who may log in at the mock, what was done, who asks to join.

import type { AuditEntry, Provisioning, User } from "../src/api/admin";
import type { Role } from "../src/api/types";
import { STARTED } from "./world";

const MINUTE = 60_000;
/** The password of every account of the mock: it guards nothing. */
export const PASSWORD = "twizy-v2x";

export const users = new Map<string, Role>([
  ["amina", "admin"],
  ["olga", "operator"],
  ["victor", "viewer"],
]);

export const listUsers = (): User[] => [...users].map(([user, role]) => ({ user, role }));

let asking: Provisioning[] = [
  { id: "p1", name: "Twizy of the south", asked_at: STARTED - 3 * MINUTE, from: "192.0.2.17" },
  { id: "p2", name: "Bench <b>board</b>", asked_at: STARTED - 61 * MINUTE, from: "192.0.2.44" },
];

export const provisioning = () => asking;

export function decide(id: string): boolean {
  const before = asking.length;
  asking = asking.filter((one) => one.id !== id);
  return asking.length < before;
}

const log: AuditEntry[] = [
  {
    id: 3,
    ts: STARTED - 12 * MINUTE,
    user: "olga",
    action: "rpc",
    subject: "courtyard",
    detail: 'release {"slot":1}',
    from: "192.0.2.5",
  },
  {
    id: 2,
    ts: STARTED - 70 * MINUTE,
    user: "amina",
    action: "device_added",
    subject: "new",
    detail: "vehicle Just enrolled",
    from: "192.0.2.5",
  },
  {
    id: 1,
    ts: null,
    user: "amina",
    action: "login",
    subject: "",
    detail: "the clock was not known",
    from: "192.0.2.5",
  },
];

export const audit = () => log;

export function note(user: string, action: string, subject: string, detail: string): void {
  log.unshift({
    id: log.length + 1,
    ts: Date.now(),
    user,
    action,
    subject,
    detail,
    from: "127.0.0.1",
  });
}
