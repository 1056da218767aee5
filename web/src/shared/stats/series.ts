import type { PlotPoint } from "@/shared/ui/plot-geometry";
import { pointTime, timeLabel } from "./point-time";
import type { Unit } from "./units";

/** A value and its time, as the contract has them. */
export interface Point {
  x: string;
  y: number;
}

export interface Series {
  label: string;
  unit: Unit;
  /** undefined when Upstash does not report it. */
  points: readonly Point[] | undefined;
}

export interface Total {
  label: string;
  unit: Unit;
  value: number | undefined;
}

/** What a page shows about the usage of a resource. */
export interface Usage {
  totals: readonly Total[];
  series: readonly Series[];
  /** What the reader must know besides, in complete sentences. */
  note?: string;
}

/** Prepares a series for a plot: by time, or in the given order when not every time is readable. */
export function plotPoints(points: readonly Point[]): PlotPoint[] {
  const usable = points.filter(({ y }) => Number.isFinite(y));
  const times = usable.map(({ x }) => pointTime(x));
  const timed = times.every((time) => time !== undefined);
  const plotted = usable.map(({ x, y }, index) => {
    const time = times[index];
    return {
      at: timed && time !== undefined ? time : index,
      label: time === undefined ? x : timeLabel(time),
      value: y,
    };
  });
  return timed ? plotted.sort((a, b) => a.at - b.at) : plotted;
}
