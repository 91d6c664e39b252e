// What the check of signatures let in and what it refused. Refused is no alarm by itself, but a
// reason to look.

import { number, t, word } from "../../i18n";
import { Card } from "../../ui/card";
import { Icon } from "../../ui/icon";
import type { IconName } from "../../ui/icon";
import { Empty } from "../../ui/states";

const GOOD = ["verified"];
/** What our own radio does, and how much it has heard: neither good nor bad. */
const PLAIN = ["heard", "sent", "pseudonym_changes"];
const OPEN = ["legacy"];
/** These come first, in this order; then what the back end names beside. */
const FIRST = [
  ...["verified", "forged", "replayed", "expired", "revoked", "unknown_signer", "legacy"],
  ...["refused", "heard", "sent", "pseudonym_changes"],
];
/** The reasons of refusal, one by one: only those that happened. */
const REASON = "refused_";

type Tone = "ok" | "warn" | "bad" | "quiet";

export function tone(name: string, count: number): Tone {
  if (count === 0 || PLAIN.includes(name)) return "quiet";
  if (GOOD.includes(name)) return "ok";
  return OPEN.includes(name) ? "warn" : "bad";
}

/** Which counters are shown, in their order. */
export function shownCounters(counters: Readonly<Record<string, number>>): [string, number][] {
  const rank = (name: string) => (FIRST.indexOf(name) + FIRST.length + 1) % (FIRST.length + 1);
  return Object.entries(counters)
    .filter(([name, count]) => count > 0 || !name.startsWith(REASON))
    .sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b));
}

function Name({ of }: { of: string }) {
  if (!of.startsWith(REASON)) return <>{word("counter", of)}</>;
  const reason = of.slice(REASON.length).replaceAll("_", " ");
  return (
    <span>
      {t("counter.refused")}: <bdi>{reason}</bdi>
    </span>
  );
}

const ICONS: Record<Tone, IconName> = { ok: "check", warn: "alarm", bad: "alarm", quiet: "more" };

export function Counters({ counters }: { counters: Readonly<Record<string, number>> }) {
  const rows = shownCounters(counters);
  return (
    <Card title={t("counter.title")} icon="key" area="area-counters">
      {rows.length === 0 ? (
        <Empty text={t("counter.none")} icon="key" />
      ) : (
        <dl class="counters">
          {rows.map(([name, count]) => (
            <div key={name} class={tone(name, count)}>
              <dt>
                <Icon name={ICONS[tone(name, count)]} size={16} />
                <Name of={name} />
              </dt>
              <dd>{number(count)}</dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  );
}
