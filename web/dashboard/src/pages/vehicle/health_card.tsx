// Whether the parts of the daemon on the vehicle do their work: link to the boards, clock, disk,
// broker; what the daemon says of each.

import { useEffect } from "preact/hooks";
import { me, part } from "../../api/client";
import type { Device, Health } from "../../api/types";
import { t, word } from "../../i18n";
import { useApi } from "../../state/load";
import { connection } from "../../state/connection";
import { HealthBadge } from "../../ui/badge";
import { Card } from "../../ui/card";
import { Says } from "../../ui/says";
import { LoadedView } from "../../ui/states";

/** How often it is asked again while the page is open. */
const AGAIN_MS = 10_000;

/** Some parts are numbered or named by a path: `slot 2`, `line /dev/ttyUSB0`. */
function partName(name: string) {
  const [kind = "", ...which] = name.split(" ");
  if (which.length > 0 && (kind === "slot" || kind === "line")) {
    return (
      <>
        {word("part", kind)} <bdi>{which.join(" ")}</bdi>
      </>
    );
  }
  return word("part", name.replaceAll(" ", "_"));
}

export function HealthCard({ device }: { device: Device }) {
  const known = me.value?.site.features.includes("health") ?? false;
  const health = useApi<Health>(known ? `/devices/${part(device.id)}/health` : null);
  const { reload } = health;
  useEffect(() => {
    if (!known) return;
    const timer = setInterval(() => connection.peek() === "live" && reload(), AGAIN_MS);
    return () => clearInterval(timer);
    // `reload` is new with each drawing and always does the same.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [known, device.id]);
  if (!known) return null;
  const lost = connection.value === "lost";
  return (
    <Card title={t("health.title")} icon="heart" area="area-health">
      <LoadedView of={health} empty={(of) => (of.parts.length === 0 ? t("health.none") : null)}>
        {(of) => (
          <ul class={lost ? "health stale" : "health"}>
            {of.parts.map((part) => (
              <li key={part.name}>
                <span class="health-name">{partName(part.name)}</span>
                <HealthBadge status={lost ? "unknown" : part.status} />
                {part.says && (
                  <small>
                    <Says text={part.says} said={part.said} />
                  </small>
                )}
              </li>
            ))}
          </ul>
        )}
      </LoadedView>
    </Card>
  );
}
