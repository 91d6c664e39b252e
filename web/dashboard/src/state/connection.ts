// Whether the back end is heard. It says something at least every 5 s; a page that has heard
// nothing for 8 s, or whose stream has broken, says so, before 10 s are over.

import type { Signal } from "@preact/signals";
import { computed, signal } from "@preact/signals";

/** What says that values still come: 5 s between ticks, and time for one to be late. */
export const SILENCE_MS = 8000;

export type Connection = "connecting" | "live" | "lost";

export interface Line {
  /** When something was last heard, by this computer's clock; `null`: never. */
  heard: number | null;
  /** When the stream was asked for, or broke. */
  since: number;
  open: boolean;
}

/** What the line is at a time of this computer's clock. */
export function judge(line: Line, at: number): Connection {
  const silent = at - (line.heard ?? line.since) > SILENCE_MS;
  if (silent) return "lost";
  if (!line.open) return line.heard === null ? "connecting" : "lost";
  return line.heard === null ? "connecting" : "live";
}

export const line: Signal<Line> = signal({ heard: null, since: Date.now(), open: false });
const at = signal(Date.now());

/** Looked at once a second. */
export function lookAtConnection(): void {
  at.value = Date.now();
}

/** Counts up when the stream is back after it had broken: what was read before may be old. */
export const reconnected = signal(0);

export const connection = computed(() => judge(line.value, Math.max(at.value, line.value.since)));
