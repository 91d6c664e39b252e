// What the user prefers on this browser: theme, language, units, map tiles.

import { me } from "../api/client";
import { LANGUAGE_NAMES, t, word } from "../i18n";
import { zoneName } from "../format/time";
import { LANGUAGES, prefer, preferences } from "../state/preferences";
import type { Theme, Units } from "../state/preferences";
import { Card, Facts, PageTitle } from "../ui/card";
import { Segments } from "../ui/field";

function Tiles() {
  const offered = me.value?.site.tiles;
  if (!offered) return <p class="hint">{t("settings.noTiles")}</p>;
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={preferences.value.tiles}
        onChange={(event) => prefer({ tiles: event.currentTarget.checked })}
      />
      <span>{t("settings.tiles", { host: host(offered.url) })}</span>
    </label>
  );
}

function host(url: string): string {
  return url.split("/")[2]?.replace("{s}.", "") ?? url;
}

export function Settings() {
  const { theme, language, units } = preferences.value;
  const themes: [Theme, string][] = [
    ["system", t("settings.system")],
    ["light", t("settings.light")],
    ["dark", t("settings.dark")],
  ];
  const systems: [Units, string][] = [
    ["metric", t("settings.metric")],
    ["imperial", t("settings.imperial")],
  ];
  const who = me.value;
  return (
    <>
      <PageTitle title={t("nav.settings")} />
      <div class="grid two">
        <Card title={t("settings.look")} icon="moon">
          <Segments
            label={t("settings.theme")}
            value={theme}
            of={themes}
            onValue={(value) => prefer({ theme: value })}
          />
        </Card>
        <Card title={t("settings.language")} icon="list">
          <Segments
            label={t("settings.language")}
            value={language}
            of={LANGUAGES.map((tag) => [tag, LANGUAGE_NAMES[tag]] as const)}
            onValue={(value) => prefer({ language: value })}
          />
        </Card>
        <Card title={t("settings.units")} icon="gauge">
          <Segments
            label={t("settings.units")}
            value={units}
            of={systems}
            onValue={(value) => prefer({ units: value })}
          />
        </Card>
        <Card title={t("settings.map")} icon="map">
          <Tiles />
        </Card>
        <Card title={t("settings.about")} icon="key">
          <Facts
            of={[
              [t("settings.user"), <bdi key="user">{who?.user}</bdi>],
              [t("settings.role"), word("role", who?.role)],
              [t("settings.zone"), <bdi key="zone">{zoneName()}</bdi>],
            ]}
          />
        </Card>
      </div>
    </>
  );
}
