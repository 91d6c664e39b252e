// Every device that the user may see, with its newest values. Live events are collected and applied
// four times a second together, so that a thousand devices do not draw the page a thousand times.

import { computed, signal } from "@preact/signals";
import { asApiError, get } from "../api/client";
import type { ApiError } from "../api/client";
import { now } from "./clock";
import type { Alarm, Device, Json, Warning } from "../api/types";

export const devices = signal<ReadonlyMap<string, Device>>(new Map());
/** Whether the list has been read at least once; and why it could not be. */
export const devicesRead = signal(false);
export const devicesError = signal<ApiError | null>(null);

/** Warnings that have not ended, of all devices. */
export const warnings = signal<readonly Warning[]>([]);

/** Counts up whenever a session has begun, moved or ended: lists of them are read anew. */
export const sessionsChanged = signal(0);
export const alarmsChanged = signal(0);

export const openAlarms = computed(() =>
  [...devices.value.values()].flatMap((device) => device.alarms.filter((alarm) => !alarm.ended)),
);

export async function readDevices(): Promise<void> {
  try {
    const list = await get<Device[]>("/devices");
    devices.value = new Map(list.map((device) => [device.id, device]));
    devicesRead.value = true;
    devicesError.value = null;
  } catch (error) {
    devicesError.value = asApiError(error);
  }
}

export interface ValuesEvent {
  device: string;
  ts: number;
  values: Record<string, Json>;
}

export interface StateEvent {
  device: string;
  online?: boolean | null;
  last_seen?: number | null;
}

/** A device with values of a row: an older row than what is there changes nothing. */
export function withValues(device: Device, event: ValuesEvent): Device {
  const values = { ...device.values };
  for (const [key, value] of Object.entries(event.values)) {
    const known = values[key];
    if (!known || known.ts <= event.ts) values[key] = { ts: event.ts, value };
  }
  // A device whose clock is ahead was not seen in the future.
  const seen = Math.max(device.last_seen ?? 0, Math.min(event.ts, now.peek()));
  return { ...device, values, last_seen: seen };
}

export function withAlarm(device: Device, alarm: Alarm): Device {
  const others = device.alarms.filter((other) => other.id !== alarm.id);
  return { ...device, alarms: alarm.ended ? others : [...others, alarm] };
}

export function withWarning(list: readonly Warning[], warning: Warning): readonly Warning[] {
  const others = list.filter((other) => other.id !== warning.id || other.device !== warning.device);
  return warning.ended ? others : [...others, warning].slice(-20);
}

type Change = (known: Map<string, Device>) => void;
let waiting: Change[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;

function apply(): void {
  timer = undefined;
  const changed = new Map(devices.value);
  for (const change of waiting) change(changed);
  waiting = [];
  devices.value = changed;
}

/** A device that has joined since the list was read: the list is read anew, now and then. */
const READ_AGAIN_MS = 5000;
let readAt = 0;

function readForStranger(): void {
  if (Date.now() - readAt < READ_AGAIN_MS) return;
  readAt = Date.now();
  void readDevices();
}

/** Changes one device with the next drawing; a device that nobody told of is not invented. */
function later(id: string, change: (device: Device) => Device): void {
  waiting.push((known) => {
    const device = known.get(id);
    if (device) known.set(id, change(device));
    else readForStranger();
  });
  timer ??= setTimeout(apply, 250);
}

export function takeValues(event: ValuesEvent): void {
  later(event.device, (device) => withValues(device, event));
}

export function takeState(event: StateEvent): void {
  later(event.device, (device) => ({
    ...device,
    online: event.online ?? null,
    last_seen: event.last_seen ?? device.last_seen ?? null,
  }));
}

export function takeAlarm(alarm: Alarm): void {
  later(alarm.device, (device) => withAlarm(device, alarm));
  alarmsChanged.value += 1;
}

export function takeWarning(warning: Warning): void {
  warnings.value = withWarning(warnings.value, warning);
}
