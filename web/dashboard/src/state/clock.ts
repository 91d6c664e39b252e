// What time it is: the back end's, for the ages of values are differences to its clock and this
// computer's may be wrong. It moves once a second.

import { signal } from "@preact/signals";

let ahead = 0;

/** The back end's time now, in milliseconds since 1970 UTC. */
export const now = signal(Date.now());

export function moveClock(): void {
  now.value = Date.now() + ahead;
}

/** The back end has just said its time. */
export function setServerTime(server: number): void {
  ahead = server - Date.now();
  moveClock();
}
