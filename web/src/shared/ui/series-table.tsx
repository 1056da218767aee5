import { m } from "@/messages/messages";
import type { PlotPoint } from "./plot-geometry";
import styles from "./series-table.module.css";

interface Props {
  label: string;
  points: readonly PlotPoint[];
  format: (value: number) => string;
}

/** The values of a plot as a table, the newest first. */
export function SeriesTable({ label, points, format }: Props) {
  const rows = points.map((point, index) => ({ ...point, index })).reverse();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, which takes the focus of a keyboard
    <section className={styles.frame} aria-label={label} tabIndex={0}>
      <table className={styles.table}>
        <caption>{label}</caption>
        <thead>
          <tr>
            <th scope="col">{m.ui_series_time()}</th>
            <th scope="col">{m.ui_series_value()}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.index}>
              <th scope="row">{row.label}</th>
              <td>{format(row.value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
