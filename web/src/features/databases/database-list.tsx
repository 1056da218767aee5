import { useState } from "react";
import { Link } from "wouter";
import { m } from "@/messages/messages";
import type { Catalog, Database } from "@/shared/api/types";
import { useOpenOperations } from "@/shared/catalog/catalog";
import { planLabel, regionLabel, regionTexts } from "@/shared/catalog/labels";
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
        caption={m.databases_caption()}
        searchLabel={m.databases_search()}
        items={databases}
        columns={columnsOf(catalog)}
        hrefOf={hrefOf}
        textsOf={({ name, primary_region }) => [name, ...regionTexts(catalog, primary_region)]}
        initialSorting={{ column: "created", descending: true }}
        created={created}
        action={
          reveals
            ? (database) => <Action key={database.id} database={database} onFailure={setFailure} />
            : undefined
        }
      />
      {reveals && <p className={`hint ${styles.note}`}>{m.databases_copy_env_note()}</p>}
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
          {m.databases_why()}{" "}
          <span className="visually-hidden">{m.databases_is_suspended({ name: database.name })}</span>
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
      title: m.databases_column_name(),
      width: "large",
      value: ({ name }) => name,
      cell: ({ name }) => name,
      ascending: m.databases_name_ascending(),
      descending: m.databases_name_descending(),
    },
    {
      id: "region",
      title: m.databases_column_region(),
      width: "large",
      value: ({ primary_region }) => regionLabel(catalog, primary_region),
      cell: ({ primary_region, read_regions }) => (
        <RegionCell catalog={catalog} id={primary_region} readRegions={read_regions} />
      ),
      ascending: m.databases_region_ascending(),
      descending: m.databases_region_descending(),
    },
    {
      id: "plan",
      title: m.databases_column_plan(),
      width: "medium",
      value: ({ plan }) => planLabel(catalog, plan),
      cell: ({ plan }) => planLabel(catalog, plan),
      ascending: m.databases_plan_ascending(),
      descending: m.databases_plan_descending(),
    },
    {
      id: "created",
      title: m.databases_column_created(),
      width: "medium",
      value: ({ created_at }) => timeValue(created_at),
      cell: ({ created_at }) => <RelativeTime at={created_at} />,
      ascending: m.databases_oldest_first(),
      descending: m.databases_newest_first(),
      downFirst: true,
    },
    {
      id: "state",
      title: m.databases_column_state(),
      width: "small",
      value: ({ state }) => stateWords(state),
      cell: ({ state }) => <StateBadge state={state} />,
      ascending: m.databases_state_ascending(),
      descending: m.databases_state_descending(),
      corner: true,
    },
  ];
}

function hrefOf({ id }: Database): string {
  return `/databases/${encodeURIComponent(id)}`;
}
