import type { Catalog } from "@/shared/api/types";
import { regionLabel } from "./labels";
import styles from "./region-name.module.css";

/** A region's label and its id, as "US East (N. Virginia) · us-east-1", or with the id below the label. */
export function RegionName(props: { catalog: Catalog | undefined; id: string; stacked?: boolean }) {
  const { catalog, id, stacked } = props;
  const label = regionLabel(catalog, id);
  if (label === id) return <span className={styles.id}>{id}</span>;
  if (stacked === true) {
    return (
      <span>
        {label} <span className={styles.below}>{id}</span>
      </span>
    );
  }
  return (
    <span>
      {label} · <span className={styles.id}>{id}</span>
    </span>
  );
}
