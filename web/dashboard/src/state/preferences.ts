// What the user prefers on this browser: theme, units, language, map tiles. Kept in the browser's
// local storage where that is allowed, and nowhere else.

import { computed, effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";
export type Units = "metric" | "imperial";
export type Language = "en" | "fr" | "ar";

export const LANGUAGES: readonly Language[] = ["en", "fr", "ar"];

export interface Preferences {
  theme: Theme;
  units: Units;
  language: Language;
  tiles: boolean;
}

const KEY = "v2x.preferences";

/** The language of the browser if it is one of ours. */
export function nearestLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const found = LANGUAGES.find((language) => tag.toLowerCase().split("-")[0] === language);
    if (found) return found;
  }
  return "en";
}

/** What was kept, each member checked: it may be of an older version, or anything at all. */
export function readPreferences(text: string | null, browser: readonly string[]): Preferences {
  let kept: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(text ?? "{}");
    if (typeof parsed === "object" && parsed !== null) kept = parsed as Record<string, unknown>;
  } catch {
    // Not ours: the defaults hold.
  }
  const one = <T extends string>(value: unknown, of: readonly T[], otherwise: T): T =>
    of.find((known) => known === value) ?? otherwise;
  return {
    theme: one(kept["theme"], ["system", "light", "dark"], "system"),
    units: one(kept["units"], ["metric", "imperial"], "metric"),
    language: one(kept["language"], LANGUAGES, nearestLanguage(browser)),
    tiles: kept["tiles"] === true,
  };
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

const hasBrowser = typeof document !== "undefined";

export const preferences = signal<Preferences>(
  readPreferences(hasBrowser ? stored() : null, hasBrowser ? navigator.languages : []),
);

export function prefer(change: Partial<Preferences>): void {
  preferences.value = { ...preferences.value, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences.value));
  } catch {
    // Storage is switched off: it holds until the page is closed.
  }
}

const darkSystem = signal(false);

/** The theme that is shown. */
export const shownTheme = computed<"light" | "dark">(() => {
  const wanted = preferences.value.theme;
  if (wanted !== "system") return wanted;
  return darkSystem.value ? "dark" : "light";
});

export const direction = computed(() => (preferences.value.language === "ar" ? "rtl" : "ltr"));

/** Keeps the document's theme, language and direction as preferred. */
export function applyPreferences(): void {
  const query = matchMedia("(prefers-color-scheme: dark)");
  darkSystem.value = query.matches;
  query.addEventListener("change", () => (darkSystem.value = query.matches));
  effect(() => {
    const root = document.documentElement;
    root.dataset["theme"] = shownTheme.value;
    root.lang = preferences.value.language;
    root.dir = direction.value;
  });
}
