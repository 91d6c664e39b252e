// The stream of live values (server-sent events) and its return after it broke. What an event
// changes is in `state/devices`; whether the line is alive is judged in `state/connection`.

import { askWho, address, me } from "./client";
import type { Alarm, Warning } from "./types";
import { lookAtConnection, line, reconnected } from "../state/connection";
import { moveClock, setServerTime } from "../state/clock";
import * as state from "../state/devices";

/** The events of the stream by their names. */
interface Events {
  tick: { now: number };
  values: state.ValuesEvent;
  state: state.StateEvent;
  alarm: Alarm;
  warning: Warning;
  session: unknown;
}

const RETRY_MS = [500, 1000, 2000, 4000];

function heard(): void {
  line.value = { ...line.value, heard: Date.now(), open: true };
}

/** Opens the stream and keeps it open until the function that it gives is called. */
export function followLive(devices?: string[]): () => void {
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let tries = 0;
  let over = false;
  const query = devices ? { devices: devices.join(",") } : {};

  function on<Name extends keyof Events>(name: Name, take: (event: Events[Name]) => void): void {
    source?.addEventListener(name, (message: MessageEvent<string>) => {
      heard();
      take(JSON.parse(message.data) as Events[Name]);
    });
  }

  function open(): void {
    source = new EventSource(address("/live", query));
    source.onopen = () => {
      heard();
      // What happened while nobody listened, or while others were listened to, is in the list.
      void state.readDevices();
      if (tries > 0) reconnected.value += 1;
      tries = 0;
    };
    on("tick", (tick) => setServerTime(tick.now));
    on("values", state.takeValues);
    on("state", state.takeState);
    on("alarm", state.takeAlarm);
    on("warning", state.takeWarning);
    on("session", () => (state.sessionsChanged.value += 1));
    source.onerror = () => void again();
  }

  async function again(): Promise<void> {
    close();
    line.value = { ...line.value, open: false };
    try {
      // An event source does not say why it ended: perhaps the log-in has.
      await askWho();
    } catch {
      // Whatever it was: the stream is tried again below.
    }
    if (over || me.value === null) return;
    retry = setTimeout(open, RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]);
    tries += 1;
  }

  function close(): void {
    if (source) source.onerror = null;
    source?.close();
    clearTimeout(retry);
  }

  const second = setInterval(() => {
    moveClock();
    lookAtConnection();
  }, 1000);
  line.value = { heard: line.value.heard, since: Date.now(), open: false };
  open();
  return () => {
    over = true;
    close();
    clearInterval(second);
  };
}
