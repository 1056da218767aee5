import { useState } from "react";
import type { Database } from "@/shared/api/types";
import { useCatalog } from "@/shared/catalog/catalog";
import { regionLabel } from "@/shared/catalog/labels";
import { GuardedAction } from "@/shared/write/guarded-action";
import { Changed } from "./changed";
import { ReadRegionsField } from "./form-fields";
import styles from "./manage.module.css";
import { useChangeRegions } from "./manage-api";

export function RegionsForm({ database }: { database: Database }) {
  const catalog = useCatalog().data;
  const [chosen, setChosen] = useState<string[]>();
  const [error, setError] = useState<string>();
  const write = useChangeRegions(database, () => setChosen(undefined));
  const primary = catalog?.regions.find(({ id }) => id === database.primary_region);
  if (catalog === undefined) return null;
  if (primary === undefined) {
    return (
      <div className={styles.row}>
        <h3>Read regions</h3>
        <p className="hint">
          This server does not know the database’s primary region. Use the Upstash console.
        </p>
      </div>
    );
  }

  const value = chosen ?? database.read_regions;
  const prepare = () => {
    const changed = !sameMembers(value, database.read_regions);
    setError(changed ? undefined : "Change the selection first.");
    return changed ? value : undefined;
  };
  return (
    <div className={styles.row}>
      <h3 className="visually-hidden">Change read regions</h3>
      <div className={styles.stretch}>
        <ReadRegionsField
          catalog={catalog}
          primary={primary}
          value={value}
          error={error}
          onChange={(read_regions) => {
            setChosen(read_regions);
            setError(undefined);
          }}
        />
      </div>
      <GuardedAction
        button="Change read regions…"
        working="Changing…"
        title={`Change the read regions of ${database.name}?`}
        name={database.name}
        action="Change read regions"
        write={write}
        prepare={prepare}
      >
        <ul>
          <li>
            {value.length === 0
              ? "The database will have no read regions."
              : `Read regions: ${value.map((id) => regionLabel(catalog, id)).join(", ")}.`}
          </li>
          <li>Each read region adds to the cost.</li>
          <li>The list is replaced: regions that are not selected are removed.</li>
        </ul>
      </GuardedAction>
      <Changed write={write} text="Read regions changed. Upstash may still be applying the change." />
    </div>
  );
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id));
}
