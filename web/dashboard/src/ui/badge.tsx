// A state as a word with a colour and a mark: never by the colour alone.

import type { ComponentChildren } from "preact";
import type { HealthStatus, Severity } from "../api/types";
import type { DeviceState } from "../format/stale";
import { t, word } from "../i18n";
import { Icon } from "./icon";
import type { IconName } from "./icon";

export type Tone = "ok" | "warn" | "bad" | "info" | "quiet";

interface BadgeProps {
  tone: Tone;
  icon?: IconName;
  children: ComponentChildren;
}

export function Badge({ tone, icon, children }: BadgeProps) {
  return (
    <span class={`badge ${tone}`}>
      {icon ? <Icon name={icon} size={14} /> : <i class="dot" aria-hidden="true" />}
      {children}
    </span>
  );
}

const STATES: Record<DeviceState, [Tone, IconName]> = {
  online: ["ok", "check"],
  stale: ["warn", "clock"],
  offline: ["bad", "lost"],
  unknown: ["quiet", "more"],
};

export function StateBadge({ state }: { state: DeviceState }) {
  const [tone, icon] = STATES[state];
  return (
    <Badge tone={tone} icon={icon}>
      {t(`device.${state}`)}
    </Badge>
  );
}

const SEVERITIES: Record<Severity, Tone> = { info: "info", warning: "warn", critical: "bad" };

export function SeverityBadge({ severity }: { severity: Severity }) {
  return (
    <Badge tone={SEVERITIES[severity]} icon="alarm">
      {word("severity", severity)}
    </Badge>
  );
}

const HEALTH: Record<HealthStatus, [Tone, IconName]> = {
  ok: ["ok", "check"],
  degraded: ["warn", "alarm"],
  failed: ["bad", "cross"],
  unknown: ["quiet", "more"],
};

export function HealthBadge({ status }: { status: HealthStatus }) {
  const [tone, icon] = HEALTH[status];
  return (
    <Badge tone={tone} icon={icon}>
      {word("health", status)}
    </Badge>
  );
}
