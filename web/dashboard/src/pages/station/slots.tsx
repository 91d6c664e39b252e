// The slots as large cards: state, power, and the running session with its cost.

import { part } from "../../api/client";
import type { Session, Slot } from "../../api/station";
import type { Device } from "../../api/types";
import { deviceState, freshness } from "../../format/stale";
import { showMoney } from "../../format/units";
import type { Quantity } from "../../format/units";
import { ago, MISSING, quantity, t, word } from "../../i18n";
import type { Key } from "../../i18n";
import { now } from "../../state/clock";
import { connection } from "../../state/connection";
import { devices, sessionsChanged } from "../../state/devices";
import { useApi } from "../../state/load";
import { mayOperate, knows } from "../../state/role";
import { link } from "../../state/route";
import { StateBadge } from "../../ui/badge";
import { PageTitle } from "../../ui/card";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icon";
import { Age } from "../../ui/reading";
import { Says } from "../../ui/says";
import { LoadedView } from "../../ui/states";
import { lasted } from "./lasted";
import { SlotCommands } from "./slot_commands";
import { faceOf, slotSeen, slotValue } from "./slot_values";
import type { Face } from "./slot_values";

/** Slots are read anew at most so often, whenever the station says something. */
const AGAIN_MS = 2000;

const LOOKS: Record<Face, [Key, IconName]> = {
  free: ["slot.free", "check"],
  charging: ["slot.charging", "bolt"],
  connected: ["slot.connected", "plug"],
  faulted: ["slot.faulted", "alarm"],
  unavailable: ["slot.unavailable", "cross"],
  unknown: ["slot.unknown", "more"],
};

/** The slots of a station, read anew whenever it or one of them has said something. */
export function useSlots(device: Device) {
  const seen = [...devices.value.values()]
    .filter((one) => one.id === device.id || one.parent === device.id)
    .map((one) => one.last_seen ?? 0);
  const tick = Math.floor(Math.max(0, ...seen) / AGAIN_MS);
  const path = `/devices/${part(device.id)}/slots`;
  return useApi<Slot[]>(path, {}, tick + 1000 * sessionsChanged.value);
}

interface RunningProps {
  station: Device;
  session: Session;
  /** When it was last known how the session goes. */
  seen: number | null;
}

interface FigureProps {
  station: Device;
  name: string;
  slot: Slot;
  of: string;
  as: Quantity;
}

/** A measured value; of a meter that is gone it is old, though its station speaks. */
function SlotFigure({ station, name, slot, of, as }: FigureProps) {
  const said = slotValue(slot, of);
  const ts = said?.ts ?? station.last_seen ?? null;
  const age =
    said === null || ts === null
      ? null
      : freshness(ts, station.stale_after_s, now.value, connection.value);
  return (
    <div>
      <dt>{name}</dt>
      <dd class={age === null ? "reading missing" : age.stale ? "reading stale" : "reading"}>
        <bdi>{quantity(said?.value, as)}</bdi>
        {age?.stale && <Age ms={age.age_ms} />}
      </dd>
    </div>
  );
}

function Running({ station, session, seen }: RunningProps) {
  return (
    <a class="slot-session" href={link("station", station.id, "sessions", session.id)}>
      <span class="slot-cost">
        <bdi dir="ltr">{showMoney(session.cost, session.currency)}</bdi>
      </span>
      <span>{quantity(session.energy_wh, "energy", 2)}</span>
      <span>{lasted(session, seen)}</span>
      {session.vehicle && <bdi>{session.vehicle}</bdi>}
    </a>
  );
}

function SlotCard({ station, slot }: { station: Device; slot: Slot }) {
  const face = faceOf(slot);
  const [text, icon] = LOOKS[face];
  const seen = slotSeen(slot, station);
  const fresh =
    seen === null ? null : freshness(seen, station.stale_after_s, now.value, connection.value);
  const stale = fresh?.stale ?? true;
  // What a session has cost is as old as what its meter says.
  const measured = slotValue(slot, "power")?.ts ?? seen;
  const age =
    measured === null
      ? null
      : freshness(measured, station.stale_after_s, now.value, connection.value);
  const told = age === null ? null : age.stale ? measured : now.value;
  return (
    <section
      class={`card slot ${stale ? "unknown stale" : face}`}
      aria-label={`${slot.number} ${slot.name}`}
    >
      <div class="slot-head">
        <span class="slot-number">{slot.number}</span>
        <h2>
          <bdi>{slot.name}</bdi>
        </h2>
      </div>
      <p class="slot-state">
        <Icon name={stale ? "clock" : icon} size={34} />
        {stale ? t("slot.stale", { state: t(text) }) : t(text)}
      </p>
      {fresh?.stale && <Age ms={fresh.age_ms} />}
      {slot.reason && (
        <p class="slot-reason">
          <Says text={slot.reason} said={slot.said} />
        </p>
      )}
      {slot.session && <Running station={station} session={slot.session} seen={told} />}
      <dl class="slot-figures">
        <SlotFigure station={station} name={t("slot.power")} slot={slot} of="power" as="power" />
        <SlotFigure
          station={station}
          name={t("slot.voltage")}
          slot={slot}
          of="voltage"
          as="voltage"
        />
        <SlotFigure
          station={station}
          name={t("slot.current")}
          slot={slot}
          of="current"
          as="current"
        />
      </dl>
      <p class="slot-meter">
        {t("slot.meter")} <b>{slot.verdict ? word("verdict", slot.verdict) : MISSING}</b>
      </p>
      {mayOperate() && knows("rpc") && <SlotCommands station={station} slot={slot} />}
    </section>
  );
}

export function Slots({ device }: { device: Device }) {
  const slots = useSlots(device);
  const state = deviceState(device, now.value, connection.value);
  const seen = device.last_seen ?? null;
  return (
    <>
      <PageTitle title={device.name}>
        <StateBadge state={state} />
        {seen !== null && state !== "online" && (
          <span class="quiet">{t("device.seen", { ago: ago(Math.max(0, now.value - seen)) })}</span>
        )}
      </PageTitle>
      <LoadedView
        of={slots}
        icon="slot"
        empty={(list) => (list.length === 0 ? t("slot.none") : null)}
      >
        {(list) => (
          <div class="slots">
            {list.map((slot) => (
              <SlotCard key={slot.number} station={device} slot={slot} />
            ))}
          </div>
        )}
      </LoadedView>
    </>
  );
}
