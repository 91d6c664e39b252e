// The texts of the pages: one catalogue per language with the same keys (`*.json` here; a test
// holds them equal). What the back end says in words has its place there too: `said.ts`.

import { preferences } from "../state/preferences";
import type { Language } from "../state/preferences";
import ar from "./ar.json";
import en from "./en.json";
import fr from "./fr.json";
import { formatDuration, formatTime, withTimes } from "../format/time";
import type { TimeForm } from "../format/time";
import { formatNumber, show } from "../format/units";
import type { Quantity } from "../format/units";

export type Key = keyof typeof en;
export type Catalogue = Record<Key, string>;

export const CATALOGUES: Record<Language, Catalogue> = { en, fr, ar };
export const LANGUAGE_NAMES: Record<Language, string> = {
  en: "English",
  fr: "Français",
  ar: "العربية",
};

/** What stands for a value that is not known. */
export const MISSING = "—";

export type Params = Record<string, string | number>;

export function fill(text: string, params: Params): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in params ? String(params[name]) : whole,
  );
}

export const language = () => preferences.value.language;

/** A text of the catalogue in the user's language. */
export function t(key: Key, params: Params = {}): string {
  return fill(CATALOGUES[language()][key], params);
}

/** A word that the back end says, in the user's language if the catalogue has it. */
export function word(group: string, said: string | null | undefined): string {
  if (said === null || said === undefined || said === "") return MISSING;
  const key = `${group}.${said}`;
  const known: Partial<Record<string, string>> = CATALOGUES[language()];
  return known[key] ?? said.replaceAll("_", " ");
}

export const time = (ts: number | null | undefined, form: TimeForm = "dateTime") =>
  ts === null || ts === undefined ? MISSING : formatTime(ts, form, language());

/** A sentence of the back end, its times in the user's zone. */
export const sentence = (text: string) => withTimes(text, language());

export const duration = (ms: number) =>
  formatDuration(ms, {
    s: t("time.s"),
    min: t("time.min"),
    h: t("time.h"),
    d: t("time.d"),
  });

export const ago = (ms: number) => t("time.ago", { time: duration(ms) });

export const number = (value: number, decimals = 0) => formatNumber(value, decimals, language());

/** A quantity with its unit as one text, kept together and left to right in Arabic too. */
export function quantity(value: unknown, kind: Quantity, decimals?: number): string {
  const shown = show(value, kind, preferences.value.units, language(), decimals);
  if (!shown) return MISSING;
  return shown.unit === "" ? shown.number : `\u2066${shown.number}\u00a0${shown.unit}\u2069`;
}
