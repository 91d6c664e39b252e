// The frame of every page: menu, state of the connection, warnings. On a phone the menu is a bar at
// the bottom with the first pages and a sheet with all of them.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { logOut, me } from "../api/client";
import type { Device, Me } from "../api/types";
import { t } from "../i18n";
import { devicesRead, openAlarms } from "../state/devices";
import { link, route } from "../state/route";
import { Failure, useDoing } from "../ui/action";
import { Icon } from "../ui/icon";
import { ConnectionNote, ConnectionMark } from "./connection_note";
import { groups } from "./places";
import type { Group, PlaceEntry } from "./places";
import { WarningNotes } from "./warning_notes";

const TABS = 4;

function isHere(entry: PlaceEntry): boolean {
  const here = link(...route.value);
  return here === entry.href || here.startsWith(`${entry.href}/`);
}

function Entry({ entry, done }: { entry: PlaceEntry; done?: () => void }) {
  const alarms = entry.text === "nav.alarms" ? openAlarms.value.length : 0;
  return (
    <a href={entry.href} aria-current={isHere(entry) ? "page" : undefined} onClick={done}>
      <Icon name={entry.icon} />
      <span>{t(entry.text)}</span>
      {alarms > 0 && <b class="count">{alarms}</b>}
    </a>
  );
}

function Menu({ all, done }: { all: Group[]; done?: () => void }) {
  return (
    <>
      {all.map((group, index) => (
        <div class="group" key={index}>
          {group.title && (
            <p class="group-title">
              {"key" in group.title ? t(group.title.key) : <bdi>{group.title.name}</bdi>}
            </p>
          )}
          {group.entries.map((entry) => (
            <Entry key={entry.href} entry={entry} {...(done ? { done } : {})} />
          ))}
        </div>
      ))}
    </>
  );
}

function Foot({ who, done }: { who: Me; done?: () => void }) {
  const doing = useDoing();
  const settings: PlaceEntry = { href: link("settings"), text: "nav.settings", icon: "settings" };
  return (
    <div class="group foot">
      <Entry entry={settings} {...(done ? { done } : {})} />
      <Failure text={doing.error} />
      <button type="button" class="plain" onClick={() => void doing.run(logOut)}>
        <Icon name="out" />
        <span>{t("nav.logOut", { user: who.user })}</span>
      </button>
    </div>
  );
}

export function Shell({ current, children }: { current?: Device; children: ComponentChildren }) {
  const who = me.value;
  const [open, setOpen] = useState(false);
  const here = link(...route.value);
  const ready = devicesRead.value;
  useEffect(() => {
    setOpen(false);
    scrollTo(0, 0);
    document.getElementById("page-title")?.focus({ preventScroll: true });
  }, [here, ready]);
  useEffect(() => {
    const close = (event: KeyboardEvent) => event.key === "Escape" && setOpen(false);
    addEventListener("keydown", close);
    return () => removeEventListener("keydown", close);
  }, []);
  if (!who) return null;
  const all = groups(who, current);
  const tabs = all.flatMap((group) => group.entries).slice(0, TABS);
  const toContent = (event: Event) => {
    event.preventDefault();
    document.getElementById("content")?.focus();
  };
  return (
    <div class="shell">
      <a class="skip" href={here} onClick={toContent}>
        {t("nav.skip")}
      </a>
      <aside class="side">
        <a class="brand" href="#/">
          <span class="mark-logo">
            <Icon name="bolt" />
          </span>
          <span>
            <b>Twizy V2X</b>
            <small>
              <bdi>{who.site.name}</bdi>
            </small>
          </span>
        </a>
        <nav aria-label={t("nav.menu")}>
          <Menu all={all} />
        </nav>
        <ConnectionMark />
        <Foot who={who} />
      </aside>
      <div class="page">
        <ConnectionNote />
        <WarningNotes />
        <main id="content" tabIndex={-1} data-route={here}>
          {children}
        </main>
      </div>
      <nav class="tabs" aria-label={t("nav.main")}>
        {tabs.map((entry) => (
          <Entry key={entry.href} entry={entry} />
        ))}
        <button
          type="button"
          class="plain"
          aria-expanded={open}
          aria-controls="sheet"
          onClick={() => setOpen(!open)}
        >
          <Icon name="more" />
          <span>{t("nav.more")}</span>
        </button>
      </nav>
      {open && (
        <div class="sheet" id="sheet">
          <nav aria-label={t("nav.menu")}>
            <Menu all={all} done={() => setOpen(false)} />
            <Foot who={who} done={() => setOpen(false)} />
          </nav>
        </div>
      )}
    </div>
  );
}
