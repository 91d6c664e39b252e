// A plot of a history over time, with the value under the cursor, lines that can be switched off,
// and its export as PNG and CSV. Drawing itself (uPlot) is loaded when the first plot is shown.

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import type { History } from "../api/types";
import { inUnit, unitOf } from "../format/units";
import type { Quantity } from "../format/units";
import { language, MISSING, number, t, time } from "../i18n";
import { preferences, shownTheme } from "../state/preferences";
import { Icon } from "../ui/icon";
import { Empty } from "../ui/states";
import { summary, toColumns } from "./data";
import type { Columns } from "./data";
import { savePng } from "./png";

export interface PlotLine {
  key: string;
  label: string;
  quantity: Quantity;
  decimals?: number;
  color: string;
}

interface PlotProps {
  title: string;
  history: History;
  lines: PlotLine[];
  height?: number;
  sync?: string;
  zeroLine?: boolean;
  /** The axis has all of the history's time, also where there are no values. */
  whole?: boolean;
  /** Where the back end exports the same as CSV. */
  csv?: string;
  onTime?: (ts: number | null) => void;
  children?: ComponentChildren;
}

const loadDrawing = () => import("./drawing");

/** The box to draw into, which is there once there are values, and how wide it is. */
function useBox() {
  const [box, setBox] = useState<HTMLDivElement | null>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!box) return;
    const watch = new ResizeObserver(() => setWidth(Math.floor(box.clientWidth)));
    watch.observe(box);
    return () => watch.disconnect();
  }, [box]);
  return { box, setBox, width };
}

/** What a screen reader says of the plot. */
function inWords(title: string, lines: PlotLine[], columns: Columns): string {
  const units = preferences.value.units;
  const parts = lines.map((line, index) => {
    const of = summary(columns, index);
    if (!of) return `${line.label}: ${t("state.notKnown")}`;
    const digits = line.decimals ?? 1;
    return t("plot.summary", {
      name: line.label,
      low: number(of.low, digits),
      mean: number(of.mean, digits),
      high: number(of.high, digits),
      unit: unitOf(line.quantity, units),
    });
  });
  return `${title}. ${parts.join(". ")}`;
}

export function Plot(props: PlotProps) {
  const { title, history, lines, height = 220, sync, zeroLine = false, csv, onTime, whole } = props;
  const { box, setBox, width } = useBox();
  const plot = useRef<uPlot | null>(null);
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const [at, setAt] = useState<number | null>(null);
  const units = preferences.value.units;
  const theme = shownTheme.value;
  const tongue = language();
  const keys = lines.map((line) => line.key).join();

  const columns = useMemo(() => {
    const began = performance.now();
    const quantities = new Map(lines.map((line) => [line.key, line.quantity]));
    const convert = (value: number, key: string) =>
      inUnit(value, quantities.get(key) ?? "number", units);
    const made = toColumns(history, keys.split(","), convert);
    return { ...made, tookMs: performance.now() - began };
    // The lines' keys say all that matters of the lines.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [history, keys, units]);

  useEffect(() => {
    if (!box || width === 0 || columns.times.length === 0) return;
    let gone = false;
    void loadDrawing().then(({ draw }) => {
      if (gone) return;
      const began = performance.now() - columns.tookMs;
      plot.current?.destroy();
      plot.current = draw(
        {
          width,
          height,
          columns,
          language: tongue,
          zeroLine,
          ...(whole ? { span: { from: history.from, to: history.to } } : {}),
          lines: lines.map((line) => ({
            label: line.label,
            unit: unitOf(line.quantity, units),
            decimals: line.decimals ?? 1,
            color: line.color,
            shown: !hidden.includes(line.key),
          })),
          ...(sync === undefined ? {} : { sync }),
          onCursor: (index) => {
            setAt(index);
            onTime?.(index === null ? null : (columns.times[index] ?? null));
          },
          // Read by the browser tests, which print how long a long drive takes.
          onDrawn: () =>
            performance.measure("plot", {
              start: began,
              end: performance.now(),
              detail: columns.times.length,
            }),
        },
        box,
      );
    });
    return () => {
      gone = true;
      plot.current?.destroy();
      plot.current = null;
    };
    // Labels change with the language, colours with the theme.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [box, columns, width, height, theme, tongue, hidden]);

  const save = () => {
    const canvas = box?.querySelector("canvas");
    if (canvas)
      savePng(canvas, { title, lines: lines.filter((line) => !hidden.includes(line.key)) });
  };
  /** The cursor by the keyboard: a step, a tenth of what there is, or an end. */
  const onKey = (event: KeyboardEvent) => {
    const last = columns.times.length - 1;
    const from = at ?? 0;
    const leap = Math.max(1, Math.round(last / 10));
    const steps: Partial<Record<string, number>> = {
      ArrowLeft: from - 1,
      ArrowRight: from + 1,
      PageDown: from - leap,
      PageUp: from + leap,
      Home: 0,
      End: last,
    };
    const to = steps[event.key];
    const ts = to === undefined ? undefined : columns.times[Math.min(last, Math.max(0, to))];
    if (ts === undefined || !plot.current) return;
    event.preventDefault();
    plot.current.setCursor({ left: plot.current.valToPos(ts, "x"), top: 0 });
  };
  const said = (index: number) =>
    [
      time(columns.times[index], "seconds"),
      ...lines.map((line, nth) => {
        const unit = unitOf(line.quantity, units);
        return `${line.label} ${reading(columns, nth, index, line.decimals ?? 1, unit)}`;
      }),
    ].join(", ");
  const toggle = (key: string) =>
    setHidden(hidden.includes(key) ? hidden.filter((other) => other !== key) : [...hidden, key]);

  return (
    <figure class="plot">
      <figcaption>
        <span class="plot-title">{title}</span>
        <span class="plot-time">{at === null ? "" : time(columns.times[at], "seconds")}</span>
        <span class="actions">
          {props.children}
          <button type="button" class="small" onClick={save}>
            <Icon name="save" size={16} />
            PNG<span class="visually-hidden">{title}</span>
          </button>
          {csv !== undefined && (
            <a class="button small" href={csv} download>
              <Icon name="save" size={16} />
              CSV<span class="visually-hidden">{title}</span>
            </a>
          )}
        </span>
      </figcaption>
      <div class="plot-lines">
        {lines.map((line, index) => (
          <button
            type="button"
            key={line.key}
            class="plot-line"
            aria-pressed={!hidden.includes(line.key)}
            onClick={() => toggle(line.key)}
          >
            <i style={{ background: `var(${line.color})` }} />
            {line.label}
            <bdi dir="ltr">
              {reading(columns, index, at, line.decimals ?? 1, unitOf(line.quantity, units))}
            </bdi>
          </button>
        ))}
      </div>
      {columns.times.length === 0 ? (
        <Empty text={t("plot.empty")} icon="plot" />
      ) : (
        <div
          class="plot-box"
          dir="ltr"
          role="slider"
          tabIndex={0}
          aria-label={inWords(title, lines, columns)}
          aria-valuemin={0}
          aria-valuemax={columns.times.length - 1}
          aria-valuenow={at ?? 0}
          aria-valuetext={at === null ? t("plot.keys") : said(at)}
          onKeyDown={onKey}
          style={{ minHeight: `${height}px` }}
          ref={setBox}
        />
      )}
    </figure>
  );
}

/** The value under the cursor. */
function reading(columns: Columns, line: number, at: number | null, digits: number, unit: string) {
  if (at === null) return "";
  const value = columns.mean[line]?.[at];
  return value === null || value === undefined ? MISSING : `${number(value, digits)} ${unit}`;
}
