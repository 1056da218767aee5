/** A value of a plot. Its position is a time, or a number in order. */
export interface PlotPoint {
  at: number;
  /** The position in words. */
  label: string;
  value: number;
}

export interface Geometry {
  /** The line through the values, as the path of an SVG. */
  line: string;
  /** The area below it. */
  area: string;
}

/** The paths of a plot in a box of this size. The scale begins at zero, so that a small change looks small. */
export function plotGeometry(points: readonly PlotPoint[], width: number, height: number): Geometry {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return { line: "", area: "" };

  const values = points.map(({ value }) => value);
  const bottom = Math.min(0, ...values);
  const top = Math.max(0, ...values);
  const span = last.at - first.at;
  // One value, or several of one moment, stand in the middle.
  const x = (at: number) => (span > 0 ? ((at - first.at) / span) * width : width / 2);
  const y = (value: number) => (top > bottom ? ((top - value) / (top - bottom)) * height : height);

  const corners = points.map(({ at, value }) => `${round(x(at))} ${round(y(value))}`);
  // A path that ends where it begins still draws the round ends of the line: a dot.
  const line = corners.length === 1 ? `M${corners[0]}h0` : `M${corners.join("L")}`;
  const base = round(y(0));
  return { line, area: `${line}L${round(x(last.at))} ${base}L${round(x(first.at))} ${base}Z` };
}

export interface Extent {
  min: number;
  max: number;
  last: number;
}

export function extentOf(points: readonly PlotPoint[]): Extent | undefined {
  const last = points.at(-1);
  if (last === undefined) return undefined;
  const values = points.map(({ value }) => value);
  return { min: Math.min(...values), max: Math.max(...values), last: last.value };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
