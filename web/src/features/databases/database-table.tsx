import { useEffect, useRef } from "react";
import { Link } from "wouter";
import type { Catalog, Database } from "@/shared/api/types";
import { dateLabel, planLabel, regionLabel } from "./labels";
import { StateBadge } from "./state-badge";
import "./database-table.css";

interface Props {
  databases: Database[];
  /** The database that was just created: it is highlighted and takes the focus once. */
  created: string | undefined;
  catalog: Catalog | undefined;
}

/** A table where there is room; the same rows become cards where there is not. */
export function DatabaseTable({ databases, created, catalog }: Props) {
  const newcomer = useRef<HTMLAnchorElement>(null);

  useEffect(() => {
    if (created !== undefined) newcomer.current?.focus();
  }, [created]);

  return (
    // Roles are spelled out because display: block, used for the cards, takes a table's own roles away.
    // biome-ignore-start lint/a11y/noRedundantRoles: see above
    <table className="databases" role="table">
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
          const fresh = database.id === created;
          return (
            <tr key={database.id} role="row" className={fresh ? "database-fresh" : undefined}>
              <th scope="row" role="rowheader">
                <Link
                  href={`/databases/${encodeURIComponent(database.id)}`}
                  ref={fresh ? newcomer : undefined}
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
