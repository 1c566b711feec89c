import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { cx } from "@/components/ui/cx";
import { useMediaQuery } from "@/lib/media";
import { usePreferences } from "@/lib/preferences";
import { colours, type Colours } from "./colours";

export interface Series {
  label: string;
  /** One for each time; null where there is none. */
  values: readonly (number | null)[];
  look: keyof typeof looks;
}

export interface TimeChartProps {
  label: string;
  times: readonly string[];
  series: readonly Series[];
  format: (value: number) => string;
  language: string;
}

/** Told apart by more than their colour: by a line's dashes, and by what is filled. */
const looks = {
  line: { swatch: "h-0 border-t-2 border-accent forced-colors:border-[LinkText]", options: ({ accent }: Colours): uPlot.Series => ({ stroke: accent, width: 2, points: { show: true, size: 5, fill: accent } }) },
  dashes: { swatch: "h-0 border-t-2 border-dashed border-muted", options: ({ muted }: Colours): uPlot.Series => ({ stroke: muted, width: 1.5, dash: [4, 4], points: { show: true, size: 4 } }) },
  bars: { swatch: "h-3 border-2 border-accent forced-colors:border-[LinkText]", options: ({ accent }: Colours): uPlot.Series => ({ stroke: accent, width: 1.5, paths: bars, points: { show: false } }) },
  filled: { swatch: "h-3 border-2 border-danger bg-danger forced-colors:border-[CanvasText] forced-colors:bg-[CanvasText]", options: ({ danger }: Colours): uPlot.Series => ({ stroke: danger, fill: danger, width: 1.5, paths: bars, points: { show: false } }) },
} as const;
const bars: uPlot.Series.PathBuilder = (...args) => uPlot.paths.bars?.({ size: [0.7, 12] })(...args) ?? null;

const height = 132;

const clockFormat = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;

/** In halves of a wide character, as good as need be. */
const width = (text: string) => [...text].reduce((sum, sign) => sum + (sign > "\u02ff" ? 2 : 1), 0);

function half(plot: uPlot): number {
  const [first, second] = plot.data[0];
  return first === undefined || second === undefined ? 30 : (second - first) / 2;
}

/**
 * Numbers over time as a picture. Whoever cannot see it needs a table of the same numbers beside it. What stands under
 * the pointer is said in the legend.
 */
export default function TimeChart({ label, times, series, format, language }: TimeChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(null);
  const [at, setAt] = useState<number | null>(null);
  // What the colours depend on.
  const surroundings = [usePreferences().theme, useMediaQuery("(prefers-color-scheme: dark)"), useMediaQuery("(forced-colors: active)"), useMediaQuery("(prefers-contrast: more)")].join(" ");
  const looksOf = series.map(({ look }) => look).join(" ");

  useEffect(() => {
    const target = place.current;
    if (!target) return;
    const shades = colours(target);
    const clock = new Intl.DateTimeFormat(language, clockFormat);
    const axis = { stroke: shades.muted, font: `12px ${getComputedStyle(target).fontFamily}`, grid: { stroke: shades.line, width: 1 }, ticks: { show: false } };
    const made = new uPlot(
      {
        width: target.clientWidth,
        height,
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
        padding: [8, 4, 0, 0],
        // Half a period beside the first and the last, for the width of their bars.
        scales: { x: { range: (plot, first, last) => [first - half(plot), last + half(plot)] }, y: { range: (_, __, most) => [0, Math.max(most, 1) * 1.1] } },
        axes: [
          { ...axis, space: 64, size: 28, values: (_, splits) => splits.map((seconds) => clock.format(seconds * 1000)) },
          { ...axis, space: 24, size: (_, shown: string[] | null) => 14 + 7 * Math.max(1, ...(shown ?? []).map(width)), values: (_, splits) => splits.map((value) => (Number.isInteger(value) ? format(value) : "")) },
        ],
        series: [{}, ...looksOf.split(" ").map((look) => looks[look as keyof typeof looks].options(shades))],
        hooks: { setCursor: [(plot) => setAt(plot.cursor.idx ?? null)] },
      },
      [[]],
      target,
    );
    chart.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: target.clientWidth, height }));
    watch.observe(target);
    return () => {
      watch.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [surroundings, looksOf, language, format]);

  useEffect(() => {
    chart.current?.setData([times.map((time) => Date.parse(time) / 1000), ...series.map(({ values }) => [...values])]);
  }, [times, series, surroundings, looksOf, language, format]);

  const time = at === null ? undefined : times[at];
  return (
    <figure className="text-sm">
      <figcaption className="flex flex-wrap items-center gap-x-4 gap-y-0.5">
        <span className="font-medium">{label}</span>
        {series.map(({ label: name, look, values }) => {
          const value = at === null ? null : values[at];
          return (
            <span key={name} className="inline-flex items-center gap-1.5 text-muted">
              <span aria-hidden="true" className={cx("w-4 shrink-0", looks[look].swatch)} />
              {name}
              {typeof value === "number" && <span className="text-text tabular-nums">{format(value)}</span>}
            </span>
          );
        })}
        {time !== undefined && <span className="ms-auto text-muted tabular-nums">{new Intl.DateTimeFormat(language, clockFormat).format(new Date(time))}</span>}
      </figcaption>
      <div ref={place} aria-hidden="true" className="mt-1 overflow-hidden" style={{ height }} />
    </figure>
  );
}
