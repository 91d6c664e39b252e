// uPlot with our colours, units and times. What is drawn is said by `plot.tsx`; this file turns it
// into uPlot's options, for one theme and language.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatTime } from "../format/time";
import { formatNumber } from "../format/units";
import { loneIn } from "./data";
import type { Columns } from "./data";

export interface Line {
  label: string;
  unit: string;
  decimals: number;
  /** The name of a colour of the theme, as "--plot-1". */
  color: string;
  shown: boolean;
}

export interface DrawingOptions {
  width: number;
  height: number;
  lines: Line[];
  columns: Columns;
  language: string;
  /** Plots of one name move their cursors together. */
  sync?: string;
  zeroLine: boolean;
  /** The times that the axis shows; without them those of the values. */
  span?: { from: number; to: number };
  onCursor: (index: number | null) => void;
  onDrawn: () => void;
}

function colors(): (name: string) => string {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(name).trim();
}

const faded = (color: string) => `color-mix(in srgb, ${color} 18%, transparent)`;

/** The times along the axis: days, minutes or seconds, whatever tells the marks apart. */
function timeLabels(language: string) {
  return (_: uPlot, marks: number[], _axis: number, _space: number, step: number) =>
    marks.map((ts) => {
      if (step >= 86_400_000) return formatTime(ts, "day", language);
      return formatTime(ts, step >= 60_000 ? "time" : "seconds", language);
    });
}

function font(): string {
  return `12px ${getComputedStyle(document.body).fontFamily}`;
}

function axes(options: DrawingOptions, color: (name: string) => string): uPlot.Axis[] {
  const look = {
    stroke: color("--muted"),
    font: font(),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
  };
  const unit = options.lines[0]?.unit ?? "";
  return [
    { ...look, values: timeLabels(options.language), space: 70, size: 30, grid: { show: false } },
    {
      ...look,
      size: 54,
      values: (_, marks) => {
        const fine = marks.some((mark) => !Number.isInteger(mark));
        const step = Math.abs((marks[1] ?? 0) - (marks[0] ?? 0));
        const digits = fine ? Math.min(3, Math.max(1, Math.ceil(-Math.log10(step || 1)))) : 0;
        return marks.map((mark) => formatNumber(mark, digits, options.language));
      },
      ...(unit === "" ? {} : { label: unit, labelSize: 18, labelFont: font() }),
    },
  ];
}

function series(options: DrawingOptions, color: (name: string) => string): uPlot.Series[] {
  const all: uPlot.Series[] = [{}];
  for (const [index, line] of options.lines.entries()) {
    const stroke = color(line.color);
    const lone = loneIn(options.columns.mean[index] ?? []);
    // No line is drawn through a value that stands alone.
    const points: uPlot.Series.Points = { show: false, size: 5, fill: stroke, filter: () => lone };
    all.push({ label: line.label, stroke, width: 2, show: line.shown, points });
  }
  if (!options.columns.thinned) return all;
  for (const line of options.lines) {
    const edge = { show: line.shown, stroke: "transparent", width: 0, points: { show: false } };
    all.push({ ...edge, label: line.label }, { ...edge, label: line.label });
  }
  return all;
}

/** The columns in the order of the series: times, means, then lowest and highest of each. */
export function alignedData(columns: Columns): uPlot.AlignedData {
  const edges = columns.thinned
    ? columns.mean.flatMap((_, index) => [columns.low[index] ?? [], columns.high[index] ?? []])
    : [];
  return [columns.times, ...columns.mean, ...edges] as uPlot.AlignedData;
}

function bands(options: DrawingOptions, color: (name: string) => string): uPlot.Band[] {
  if (!options.columns.thinned) return [];
  const first = options.lines.length + 1;
  return options.lines.map((line, index) => ({
    series: [first + 2 * index + 1, first + 2 * index],
    fill: faded(color(line.color)),
  }));
}

/** A faint line at zero, where the sign of a value means something. */
function drawZero(plot: uPlot, color: string): void {
  const y = plot.valToPos(0, "y", true);
  const { left, top, width, height } = plot.bbox;
  if (y < top || y > top + height) return;
  plot.ctx.save();
  plot.ctx.strokeStyle = color;
  plot.ctx.beginPath();
  plot.ctx.moveTo(left, y);
  plot.ctx.lineTo(left + width, y);
  plot.ctx.stroke();
  plot.ctx.restore();
}

export function draw(options: DrawingOptions, into: HTMLElement): uPlot {
  const color = colors();
  const made: uPlot.Options = {
    width: options.width,
    height: options.height,
    ms: 1,
    legend: { show: false },
    padding: [10, 12, 0, 0],
    cursor: {
      points: { size: 8 },
      drag: { x: true, y: false },
      ...(options.sync === undefined ? {} : { sync: { key: options.sync } }),
    },
    axes: axes(options, color),
    series: series(options, color),
    bands: bands(options, color),
    hooks: {
      draw: [
        (plot) => {
          if (options.zeroLine) drawZero(plot, color("--muted"));
          options.onDrawn();
        },
      ],
      setCursor: [(plot) => options.onCursor(plot.cursor.idx ?? null)],
    },
  };
  const plot = new uPlot(made, alignedData(options.columns), into);
  if (options.span) plot.setScale("x", { min: options.span.from, max: options.span.to });
  return plot;
}
