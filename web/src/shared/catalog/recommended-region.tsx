import { ParaglideMessage } from "@inlang/paraglide-js-react";
import { useMemo } from "react";
import { m } from "@/messages/messages";
import type { Catalog, Region } from "@/shared/api/types";
import { recommendRegion } from "./recommend-region";
import { RegionName } from "./region-name";
import styles from "./region-name.module.css";

interface Props {
  catalog: Catalog;
  /** The regions that the user can choose. */
  regions: readonly Region[];
  value: string;
  onChoose: (id: string) => void;
}

/** Names the region nearest to the user, and how it was found. The user chooses it; the page never does. */
export function RecommendedRegion({ catalog, regions, value, onChoose }: Props) {
  const found = useMemo(() => recommendRegion(regions), [regions]);
  if (found === undefined) return null;
  const { region, timeZone } = found;
  return (
    <div className={styles.recommended}>
      <p className="hint">
        <ParaglideMessage
          message={m.region_recommended}
          inputs={{ timeZone, id: region.id }}
          markup={{ region: () => <RegionName catalog={catalog} id={region.id} /> }}
        />
      </p>
      {value !== region.id && (
        <button type="button" className="button button-small" onClick={() => onChoose(region.id)}>
          {m.region_use_recommended()}
        </button>
      )}
    </div>
  );
}
