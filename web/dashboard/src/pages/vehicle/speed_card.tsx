// Speed on a dial, gear and brake.

import type { Device } from "../../api/types";
import { numberOf } from "../../format/stale";
import { inUnit, unitOf } from "../../format/units";
import { language, MISSING, t, word } from "../../i18n";
import { formatNumber } from "../../format/units";
import { preferences } from "../../state/preferences";
import { Card, Figure } from "../../ui/card";
import { Age, Reading, useFreshness } from "../../ui/reading";

const RADIUS = 84;
const CENTER = 100;
/** The dial begins and ends so many degrees from straight down. */
const OPEN = 50;

function pointAt(share: number): [number, number] {
  const degrees = 90 + OPEN + share * (360 - 2 * OPEN);
  const radians = (degrees * Math.PI) / 180;
  return [CENTER + RADIUS * Math.cos(radians), CENTER + RADIUS * Math.sin(radians)];
}

function arc(share: number): string {
  const [x0, y0] = pointAt(0);
  const [x1, y1] = pointAt(share);
  const large = share * (360 - 2 * OPEN) > 180 ? 1 : 0;
  return `M ${x0} ${y0} A ${RADIUS} ${RADIUS} 0 ${large} 1 ${x1} ${y1}`;
}

/** The end of the dial in the user's unit: 100, or the next 20 above what is driven. */
export function dialEnd(speed: number): number {
  return Math.max(100, Math.ceil(speed / 20) * 20);
}

function Dial({ device }: { device: Device }) {
  const speed = numberOf(device, "motor_speed");
  const fresh = useFreshness(device, "motor_speed");
  const units = preferences.value.units;
  const shown = speed === null ? null : inUnit(speed, "speed", units);
  const share = shown === null ? 0 : Math.min(1, Math.max(0, shown / dialEnd(shown)));
  const stale = fresh?.stale ?? true;
  const text = shown === null ? MISSING : formatNumber(shown, 0, language());
  return (
    <div class={stale ? "dial stale" : "dial"}>
      <svg viewBox="0 0 200 178" role="img" aria-label={`${text} ${unitOf("speed", units)}`}>
        <path class="dial-ground" d={arc(1)} />
        {share > 0.003 && <path class="dial-value" d={arc(share)} />}
        <text class="dial-number" x="100" y="112">
          {text}
        </text>
        <text class="dial-unit" x="100" y="138">
          {unitOf("speed", units)}
        </text>
      </svg>
      {fresh?.stale && <Age ms={fresh.age_ms} />}
    </div>
  );
}

const GEARS = [
  ["Reverse", "R"],
  ["Neutral", "N"],
  ["Drive", "D"],
] as const;

function Gear({ device }: { device: Device }) {
  const gear = device.values["gear"]?.value;
  const fresh = useFreshness(device, "gear");
  const said = typeof gear === "string" ? word("gear", gear) : t("state.notKnown");
  return (
    <div class={fresh?.stale ? "gear stale" : "gear"}>
      <span class="visually-hidden">{t("live.gear", { gear: said })}</span>
      {GEARS.map(([name, letter]) => (
        <span key={letter} aria-hidden="true" class={gear === name ? "chosen" : ""}>
          {letter}
        </span>
      ))}
    </div>
  );
}

/** A lamp: on, off or not known, in words. */
function Lamp({ device, value, name }: { device: Device; value: string; name: string }) {
  const said = device.values[value]?.value;
  const fresh = useFreshness(device, value);
  const on = said === true || said === 1;
  const state = said === undefined || said === null ? "notKnown" : on ? "on" : "off";
  return (
    <span class={`lamp ${state} ${value} ${fresh?.stale ? "stale" : ""}`}>
      <i aria-hidden="true" />
      {name} <b>{t(`state.${state}`)}</b>
    </span>
  );
}

export function SpeedCard({ device }: { device: Device }) {
  return (
    <Card title={t("live.speed")} icon="gauge" area="area-speed">
      <Dial device={device} />
      <Gear device={device} />
      <div class="lamps">
        <Lamp device={device} value="brake" name={t("live.brake")} />
        <Lamp device={device} value="motor_active" name={t("live.ready")} />
      </div>
      <div class="figures">
        <Figure name={t("live.odometer")}>
          <Reading device={device} value="odometer" quantity="distance" />
        </Figure>
        <Figure name={t("live.accelerator")}>
          <Reading device={device} value="accelerator" quantity="percent" />
        </Figure>
      </div>
    </Card>
  );
}
