import { ParaglideMessage } from "@inlang/paraglide-js-react";
import { RefreshCw, Table2 } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { m } from "@/messages/messages";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useAnnounce } from "@/shared/ui/announcer";
import { AreaPlot } from "@/shared/ui/area-plot";
import { SeriesTable } from "@/shared/ui/series-table";
import { Skeleton } from "@/shared/ui/skeleton";
import { timeLabel } from "./point-time";
import { plotPoints, type Series, type Total, type Usage } from "./series";
import { formatValue } from "./units";
import styles from "./usage-section.module.css";

/** The part of a query's state that is shown. */
interface Reading<T> {
  data: T | undefined;
  error: Error | null;
  isPending: boolean;
  isFetching: boolean;
  isSuccess: boolean;
  dataUpdatedAt: number;
  refetch: () => Promise<{ isSuccess: boolean }>;
}

interface Props<T> {
  query: Reading<T>;
  usageOf: (data: T) => Usage;
  /** More controls beside the buttons, such as a choice of the period. */
  controls?: ReactNode;
}

/** The usage of a resource: numbers, and its series as small plots or as tables. */
export function UsageSection<T>({ query, usageOf, controls }: Props<T>) {
  const heading = useId();
  const [asTable, setAsTable] = useState(false);
  const announce = useAnnounce();
  const usage = query.data === undefined ? undefined : usageOf(query.data);
  const again = useBoundedRefetch(query.isSuccess, () => void query.refetch());

  const refresh = async () => {
    if (query.isFetching) return;
    const { isSuccess } = await query.refetch();
    if (isSuccess) announce(m.stats_updated());
  };

  return (
    <section className={`card ${styles.section}`} aria-labelledby={heading}>
      <div className={styles.head}>
        <h2 id={heading}>{m.stats_usage()}</h2>
        {query.data !== undefined && (
          <div className="actions">
            {controls}
            <button
              type="button"
              className="button button-small"
              aria-pressed={asTable}
              onClick={() => setAsTable(!asTable)}
            >
              <Table2 aria-hidden="true" /> {m.stats_as_table()}
            </button>
            <button
              type="button"
              className="button button-small"
              aria-disabled={query.isFetching}
              onClick={() => void refresh()}
            >
              <RefreshCw aria-hidden="true" /> {query.isFetching ? m.stats_refreshing() : m.stats_refresh()}
            </button>
          </div>
        )}
      </div>
      {query.error !== null && (
        <ProblemNotice error={query.error} onRetry={again.now} onWaited={again.waited} />
      )}
      {query.isPending && <Skeleton label={m.stats_loading()} />}
      {usage !== undefined && (
        <>
          <Contents usage={usage} asTable={asTable} />
          <p className="hint">
            <ReadAt at={query.dataUpdatedAt} />
            {usage.note !== undefined && ` ${usage.note}`}
          </p>
        </>
      )}
    </section>
  );
}

function ReadAt({ at }: { at: number }) {
  return (
    <ParaglideMessage
      message={m.stats_read_at}
      inputs={{ time: timeLabel(at) }}
      markup={{ time: ({ children }) => <time dateTime={new Date(at).toISOString()}>{children}</time> }}
    />
  );
}

function Contents(props: { usage: Usage; asTable: boolean }) {
  const totals = props.usage.totals.filter(({ value }) => value !== undefined);
  const series = props.usage.series
    .filter(({ points }) => points !== undefined)
    .map((each) => ({ ...each, plotted: plotPoints(each.points ?? []) }));
  const filled = series.filter(({ plotted }) => plotted.length > 0);
  const empty = series.filter(({ plotted }) => plotted.length === 0);
  if (totals.length === 0 && filled.length === 0) return <p>{m.stats_no_data()}</p>;
  return (
    <>
      {totals.length > 0 && <Totals totals={totals} />}
      {filled.length > 0 && (
        <div className={styles.series}>
          {filled.map(({ label, unit, plotted }) => {
            const shown = { label, points: plotted, format: (value: number) => formatValue(value, unit) };
            return props.asTable ? (
              <SeriesTable key={label} {...shown} />
            ) : (
              <AreaPlot key={label} {...shown} />
            );
          })}
        </div>
      )}
      {empty.length > 0 && <NoData series={empty} />}
    </>
  );
}

function Totals(props: { totals: readonly Total[] }) {
  return (
    <dl className={styles.totals}>
      {props.totals.map(({ label, value, unit }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{formatValue(value ?? 0, unit)}</dd>
        </div>
      ))}
    </dl>
  );
}

function NoData(props: { series: readonly Series[] }) {
  return (
    <div>
      <h3>{m.stats_no_data()}</h3>
      <p className="hint">{props.series.map(({ label }) => label).join(" · ")}</p>
    </div>
  );
}
