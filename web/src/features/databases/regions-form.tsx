import { useState } from "react";
import { m } from "@/messages/messages";
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
        <h3>{m.read_regions_heading()}</h3>
        <p className="hint">{m.read_regions_unknown_primary()}</p>
      </div>
    );
  }

  const value = chosen ?? database.read_regions;
  const prepare = () => {
    const changed = !sameMembers(value, database.read_regions);
    setError(changed ? undefined : m.read_regions_unchanged());
    return changed ? value : undefined;
  };
  return (
    <div className={styles.row}>
      <h3 className="visually-hidden">{m.read_regions_change()}</h3>
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
        button={m.read_regions_open_change()}
        working={m.settings_changing()}
        title={m.read_regions_change_title({ database: database.name })}
        name={database.name}
        action={m.read_regions_change()}
        write={write}
        prepare={prepare}
      >
        <ul>
          <li>
            {value.length === 0
              ? m.read_regions_will_be_none()
              : m.read_regions_will_be({ regions: value.map((id) => regionLabel(catalog, id)).join(", ") })}
          </li>
          <li>{m.read_regions_cost()}</li>
          <li>{m.read_regions_replaced()}</li>
        </ul>
      </GuardedAction>
      <Changed write={write} text={m.read_regions_changed()} />
    </div>
  );
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id));
}
