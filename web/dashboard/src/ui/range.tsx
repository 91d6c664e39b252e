// From when to when a list is shown: today, a week, a month, a year.

import { useState } from "preact/hooks";
import { dayStart } from "../format/time";
import { t } from "../i18n";
import { now } from "../state/clock";
import { Segments } from "./field";

export type Span = "day" | "week" | "month" | "year";

const DAYS: Record<Span, number> = { day: 0, week: -6, month: -30, year: -365 };

/** From the midnight that began the span on; it has no end, so that what comes is in it. */
export function spanFrom(span: Span, at: number): number {
  return dayStart(at, DAYS[span]);
}

export function useSpan(first: Span) {
  const [span, setSpan] = useState<Span>(first);
  return { span, setSpan, from: spanFrom(span, now.value) };
}

export function SpanChoice({ span, onSpan }: { span: Span; onSpan: (span: Span) => void }) {
  return (
    <Segments
      label={t("span.label")}
      value={span}
      onValue={onSpan}
      of={[
        ["day", t("span.day")],
        ["week", t("span.week")],
        ["month", t("span.month")],
        ["year", t("span.year")],
      ]}
    />
  );
}
