// Times in the user's zone and language, and how long something took or is ago. Digits are 0 to 9.

export type TimeForm = "time" | "seconds" | "date" | "dateTime" | "exact" | "day" | "month";

const FORMS: Record<TimeForm, Intl.DateTimeFormatOptions> = {
  time: { hour: "2-digit", minute: "2-digit" },
  seconds: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  date: { year: "numeric", month: "short", day: "numeric" },
  dateTime: {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  },
  exact: {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  },
  day: { weekday: "short", day: "numeric", month: "short" },
  month: { month: "long", year: "numeric" },
};

const formats = new Map<string, Intl.DateTimeFormat>();

/** A point in time; without `zone` in the zone of the browser. 24 hours a day in every language. */
export function formatTime(ts: number, form: TimeForm, language: string, zone?: string): string {
  const key = `${form} ${language} ${zone ?? ""}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(`${language}-u-nu-latn-ca-gregory`, {
      ...FORMS[form],
      hourCycle: "h23",
      ...(zone === undefined ? {} : { timeZone: zone }),
    });
    formats.set(key, format);
  }
  return format.format(ts);
}

const UTC = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g;

/** A sentence of the back end with the times in it, which are in UTC, as the user reads times. */
export function withTimes(text: string, language: string, zone?: string): string {
  return text.replace(UTC, (said) => {
    const ts = Date.parse(said);
    return Number.isNaN(ts) ? said : formatTime(ts, "exact", language, zone);
  });
}

/** The zone that times are shown in, as "Africa/Casablanca". */
export const zoneName = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A length of time: "45 s", "12 min", "3 h 05 min", "2 d 4 h". */
export function formatDuration(ms: number, words: DurationWords): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} ${words.s}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} ${words.min}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) {
    return `${hours} ${words.h} ${String(minutes % 60).padStart(2, "0")} ${words.min}`;
  }
  return `${Math.floor(hours / 24)} ${words.d} ${hours % 24} ${words.h}`;
}

export interface DurationWords {
  s: string;
  min: string;
  h: string;
  d: string;
}

/** Midnight that began the day of `ts`, in the user's zone, and `days` days away from it. */
export function dayStart(ts: number, days = 0): number {
  const day = new Date(ts);
  // The calendar knows days of 23 and 25 hours; adding hours would not.
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days).getTime();
}

/** The month of a time as "2026-11", in the user's zone. */
export function monthOf(ts: number, months = 0): string {
  const date = new Date(ts);
  const shifted = new Date(date.getFullYear(), date.getMonth() + months, 1);
  return `${shifted.getFullYear()}-${String(shifted.getMonth() + 1).padStart(2, "0")}`;
}

/** What an input of type datetime-local holds for a time, and back. */
export function toLocalInput(ts: number): string {
  const date = new Date(ts);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

export function fromLocalInput(text: string): number | null {
  const ts = new Date(text).getTime();
  return Number.isNaN(ts) ? null : ts;
}
