import { ParaglideMessage } from "@inlang/paraglide-js-react";
import { m } from "@/messages/messages";
import type { Catalog } from "@/shared/api/types";
import { regionLabel } from "./labels";
import styles from "./region-name.module.css";

/** A region in the row of a list: its label, with the number of read regions. */
export function RegionCell(props: {
  catalog: Catalog | undefined;
  id: string;
  readRegions?: readonly string[];
}) {
  const { catalog, id, readRegions = [] } = props;
  const label = regionLabel(catalog, id);
  const names = readRegions.map((each) => regionLabel(catalog, each)).join(", ");
  return (
    <span className={styles.cell}>
      <span className={styles.region} title={label === id ? undefined : `${label} · ${id}`}>
        {label}
      </span>
      {readRegions.length > 0 && (
        <span className={styles.more} title={m.region_read({ regions: names })}>
          <ParaglideMessage
            message={m.region_read_count}
            inputs={{ count: readRegions.length }}
            markup={{ hidden: ({ children }) => <span className="visually-hidden">{children}</span> }}
          />
        </span>
      )}
    </span>
  );
}
