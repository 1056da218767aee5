import { useId } from "react";
import { m } from "@/messages/messages";
import styles from "./area-plot.module.css";
import { extentOf, type PlotPoint, plotGeometry } from "./plot-geometry";

interface Props {
  label: string;
  /** In order of their positions. */
  points: readonly PlotPoint[];
  format: (value: number) => string;
}

const width = 240;
const height = 56;

/** A small plot of one series, with its smallest, largest and last value in words. */
export function AreaPlot({ label, points, format }: Props) {
  const caption = useId();
  const extent = extentOf(points);
  const { line, area } = plotGeometry(points, width, height);
  return (
    <figure className={styles.plot} aria-labelledby={caption}>
      <figcaption id={caption}>{label}</figcaption>
      {extent === undefined ? (
        <p className="hint">{m.ui_no_data()}</p>
      ) : (
        <>
          <svg
            className={styles.drawing}
            viewBox={`0 0 ${width} ${height}`}
            preserveAspectRatio="none"
            role="img"
            aria-label={nameOf(label, points)}
          >
            <path className={styles.area} d={area} />
            <path className={styles.line} d={line} />
          </svg>
          <dl className={styles.extent}>
            <Extent label={m.ui_plot_min()} value={format(extent.min)} />
            <Extent label={m.ui_plot_max()} value={format(extent.max)} />
            <Extent label={m.ui_plot_last()} value={format(extent.last)} />
          </dl>
        </>
      )}
    </figure>
  );
}

function Extent(props: { label: string; value: string }) {
  return (
    <div>
      <dt>{props.label}</dt>
      <dd>{props.value}</dd>
    </div>
  );
}

function nameOf(label: string, points: readonly PlotPoint[]): string {
  const [first, last] = [points[0]?.label ?? "", points.at(-1)?.label ?? ""];
  return m.ui_plot_name({ label, count: points.length, first, last });
}
