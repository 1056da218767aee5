import type { Catalog } from "@/shared/api/types";
import { regionLabel } from "./labels";
import styles from "./region-name.module.css";

/** A region's label and its id, which stays on one line: "US East (N. Virginia) · us-east-1". */
export function RegionName(props: { catalog: Catalog | undefined; id: string }) {
  const { catalog, id } = props;
  const label = regionLabel(catalog, id);
  if (label === id) return <span className={styles.id}>{id}</span>;
  return (
    <span>
      {label} · <span className={styles.id}>{id}</span>
    </span>
  );
}
