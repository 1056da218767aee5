import { m } from "@/messages/messages";
import type { ResourceStats } from "@/shared/api/types";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { Skeleton } from "@/shared/ui/skeleton";
import { useStats } from "./api";
import type { Product } from "./products";
import styles from "./usage.module.css";
import { usageRows } from "./usage-rows";

/** The usage of a resource in numbers. */
export function Usage({ product, id }: { product: Product; id: string }) {
  const stats = useStats(product, id);
  const again = useBoundedRefetch(stats.isSuccess, () => void stats.refetch());
  return (
    <section className={`card ${styles.usage}`} aria-labelledby="usage-heading">
      <h2 id="usage-heading">{m.resources_usage()}</h2>
      {stats.error !== null && (
        <ProblemNotice error={stats.error} onRetry={again.now} onWaited={again.waited} />
      )}
      {stats.isPending && <Skeleton label={m.resources_usage_loading()} />}
      {stats.data !== undefined && <Numbers stats={stats.data} />}
    </section>
  );
}

function Numbers({ stats }: { stats: ResourceStats }) {
  const rows = usageRows(stats);
  if (rows.length === 0) return <p className="hint">{m.resources_usage_none()}</p>;
  return (
    <table className={styles.table}>
      <caption className="visually-hidden">{m.resources_usage()}</caption>
      <tbody>
        {rows.map(({ label, value }) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
