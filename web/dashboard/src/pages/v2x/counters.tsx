// What the check of signatures let in and what it refused. Refused is no alarm by itself, but a
// reason to look.

import { number, t, word } from "../../i18n";
import { Card } from "../../ui/card";
import { Icon } from "../../ui/icon";
import { Empty } from "../../ui/states";

const GOOD = ["verified"];
const OPEN = ["legacy"];

function tone(name: string, count: number): string {
  if (count === 0) return "quiet";
  if (GOOD.includes(name)) return "ok";
  return OPEN.includes(name) ? "warn" : "bad";
}

export function Counters({ counters }: { counters: Readonly<Record<string, number>> }) {
  const rows = Object.entries(counters);
  return (
    <Card title={t("counter.title")} icon="key" area="area-counters">
      {rows.length === 0 ? (
        <Empty text={t("counter.none")} icon="key" />
      ) : (
        <dl class="counters">
          {rows.map(([name, count]) => (
            <div key={name} class={tone(name, count)}>
              <dt>
                <Icon
                  name={GOOD.includes(name) ? "check" : count === 0 ? "more" : "alarm"}
                  size={16}
                />
                {word("counter", name)}
              </dt>
              <dd>{number(count)}</dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  );
}
