import { useState } from "react";
import { Link } from "wouter";
import type { Catalog, Database } from "@/shared/api/types";
import { useOpenOperations } from "@/shared/catalog/catalog";
import { planLabel, regionLabel } from "@/shared/catalog/labels";
import { RegionCell } from "@/shared/catalog/region-cell";
import type { Column } from "@/shared/list/column";
import { ResourceList } from "@/shared/list/resource-list";
import { timeValue } from "@/shared/list/time-value";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { RelativeTime } from "@/shared/time/relative-time";
import { CopyEnv } from "./copy-env";
import styles from "./database-list.module.css";
import { StateBadge, stateWords } from "./state-badge";

interface Props {
  databases: Database[];
  /** The id of a database that was just created. */
  created: string | undefined;
  catalog: Catalog | undefined;
}

/** The databases of the account, with what can be done with each in its row. */
export function DatabaseList({ databases, created, catalog }: Props) {
  const reveals = useOpenOperations().has("redis.credentials");
  const [failure, setFailure] = useState<Error>();
  return (
    <>
      {failure !== undefined && <ProblemNotice error={failure} />}
      <ResourceList
        id="redis"
        caption="Your databases"
        searchLabel="Search by name, region or ID"
        items={databases}
        columns={columnsOf(catalog)}
        hrefOf={hrefOf}
        textsOf={({ name, primary_region }) => [name, primary_region, regionLabel(catalog, primary_region)]}
        initialSorting={{ column: "created", descending: true }}
        created={created}
        action={
          reveals
            ? (database) => <Action key={database.id} database={database} onFailure={setFailure} />
            : undefined
        }
      />
      {reveals && (
        <p className={`hint ${styles.note}`}>
          Copy .env puts the full-access credentials of a database on your clipboard. Each copy is recorded in
          the audit log.
        </p>
      )}
    </>
  );
}

function Action(props: { database: Database; onFailure: (failure: Error | undefined) => void }) {
  const { database, onFailure } = props;
  switch (database.state) {
    case "active":
      return <CopyEnv database={database} onFailure={onFailure} />;
    case "suspended":
      return (
        <Link href={hrefOf(database)} className="button button-small">
          Why? <span className="visually-hidden">{database.name} is suspended</span>
        </Link>
      );
    default:
      return null;
  }
}

function columnsOf(catalog: Catalog | undefined): [Column<Database>, ...Column<Database>[]] {
  return [
    {
      id: "name",
      title: "Name",
      width: "large",
      value: ({ name }) => name,
      cell: ({ name }) => name,
      ascending: "Name, A to Z",
      descending: "Name, Z to A",
    },
    {
      id: "region",
      title: "Region",
      width: "large",
      value: ({ primary_region }) => regionLabel(catalog, primary_region),
      cell: ({ primary_region, read_regions }) => (
        <RegionCell catalog={catalog} id={primary_region} readRegions={read_regions} />
      ),
      ascending: "Region, A to Z",
      descending: "Region, Z to A",
    },
    {
      id: "plan",
      title: "Plan",
      width: "medium",
      value: ({ plan }) => planLabel(catalog, plan),
      cell: ({ plan }) => planLabel(catalog, plan),
      ascending: "Plan, A to Z",
      descending: "Plan, Z to A",
    },
    {
      id: "created",
      title: "Created",
      width: "medium",
      value: ({ created_at }) => timeValue(created_at),
      cell: ({ created_at }) => <RelativeTime at={created_at} />,
      ascending: "Oldest first",
      descending: "Newest first",
      downFirst: true,
    },
    {
      id: "state",
      title: "State",
      width: "small",
      value: ({ state }) => stateWords(state),
      cell: ({ state }) => <StateBadge state={state} />,
      ascending: "State, A to Z",
      descending: "State, Z to A",
      corner: true,
    },
  ];
}

function hrefOf({ id }: Database): string {
  return `/databases/${encodeURIComponent(id)}`;
}
