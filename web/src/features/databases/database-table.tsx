import { useEffect, useRef } from "react";
import { Link } from "wouter";
import type { Catalog, Database } from "@/shared/api/types";
import { dateLabel, planLabel, regionLabel } from "@/shared/catalog/labels";
import styles from "@/shared/ui/link-table.module.css";
import { StateBadge } from "./state-badge";

interface Props {
  databases: Database[];
  /** The id of a database that was just created. Its row is highlighted and gets the focus once. */
  created: string | undefined;
  catalog: Catalog | undefined;
}

/** A table on wide screens; its rows become cards on narrow ones. */
export function DatabaseTable({ databases, created, catalog }: Props) {
  const createdLink = useRef<HTMLAnchorElement>(null);

  useEffect(() => {
    if (created !== undefined) createdLink.current?.focus();
  }, [created]);

  return (
    // The roles are explicit because the cards use display: grid, which removes the implicit roles of a table.
    // biome-ignore-start lint/a11y/noRedundantRoles: see above
    <table className={styles.table} role="table">
      <caption className="visually-hidden">Your databases</caption>
      <thead role="rowgroup">
        <tr role="row">
          <th scope="col" role="columnheader">
            Name
          </th>
          <th scope="col" role="columnheader">
            Region
          </th>
          <th scope="col" role="columnheader">
            Plan
          </th>
          <th scope="col" role="columnheader">
            Created
          </th>
          <th scope="col" role="columnheader">
            State
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {databases.map((database) => {
          const isNew = database.id === created;
          return (
            <tr key={database.id} role="row" className={isNew ? styles.created : undefined}>
              <th scope="row" role="rowheader">
                <Link
                  href={`/databases/${encodeURIComponent(database.id)}`}
                  ref={isNew ? createdLink : undefined}
                >
                  {database.name}
                </Link>
              </th>
              <td role="cell" data-label="Region">
                <span>
                  {regionLabel(catalog, database.primary_region)}
                  {database.read_regions.length > 0 && (
                    <span className="hint"> +{database.read_regions.length} read</span>
                  )}
                </span>
              </td>
              <td role="cell" data-label="Plan">
                {planLabel(catalog, database.plan)}
              </td>
              <td role="cell" data-label="Created">
                {dateLabel(database.created_at)}
              </td>
              <td role="cell" data-label="State">
                <StateBadge state={database.state} />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
    // biome-ignore-end lint/a11y/noRedundantRoles: see above
  );
}
