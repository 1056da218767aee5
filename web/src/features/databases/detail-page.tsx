import { Fragment, useState } from "react";
import type { Database } from "@/shared/api/types";
import { useCatalog, useOpenOperations } from "@/shared/catalog/catalog";
import { dateLabel, planLabel, platformLabel } from "@/shared/catalog/labels";
import { RegionName } from "@/shared/catalog/region-name";
import { lazyComponent } from "@/shared/lazy/lazy-component";
import { BackLink } from "@/shared/page/back-link";
import { Fact } from "@/shared/page/fact";
import facts from "@/shared/page/facts.module.css";
import page from "@/shared/page/page.module.css";
import { PageHeading } from "@/shared/page/page-heading";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useRedisCaFile } from "@/shared/session/config";
import { Skeleton } from "@/shared/ui/skeleton";
import { useDatabase } from "./api";
import { CredentialsPanel } from "./credentials-panel";
import styles from "./detail-page.module.css";
import { managed } from "./managed";
import { Rename } from "./rename";
import { StateBadge } from "./state-badge";

// Most installations offer none of it.
const ManagePanels = lazyComponent(async () => (await import("./manage-panels")).ManagePanels, {
  label: "Loading",
});

export function DetailPage(props: { id: string }) {
  const database = useDatabase(props.id);
  const { data, error } = database;
  const open = useOpenOperations();
  const again = useBoundedRefetch(database.isSuccess, () => void database.refetch());
  return (
    <div className={`${page.narrow} ${page.wide}`}>
      <BackLink />
      <div className={styles.head}>
        <PageHeading title={data?.name ?? "Database"} />
        {data !== undefined && <StateBadge state={data.state} />}
        {data !== undefined && open.has("redis.rename") && <Rename database={data} />}
      </div>
      {error !== null && <ProblemNotice error={error} onRetry={again.now} onWaited={again.waited} />}
      {database.isPending && <Skeleton label="Loading the database" lines={4} />}
      {data !== undefined && <Details database={data} />}
    </div>
  );
}

function Details({ database }: { database: Database }) {
  const catalog = useCatalog().data;
  const caFile = useRedisCaFile();
  const open = useOpenOperations();
  const [resets, setResets] = useState(0);
  return (
    <>
      <section className="card" aria-label="Details">
        <dl className={facts.facts}>
          <Fact label="Endpoint">
            <code>
              {database.endpoint}:{database.port}
            </code>
          </Fact>
          <Fact label="REST URL">
            <code>{database.rest_url}</code>
          </Fact>
          <Fact label="Primary region">
            <RegionName catalog={catalog} id={database.primary_region} />
            {database.platform !== "" && ` · ${platformLabel(catalog, database.platform)}`}
          </Fact>
          {database.read_regions.length > 0 && (
            <Fact label="Read regions">
              {database.read_regions.map((id, index) => (
                <Fragment key={id}>
                  {index > 0 && ", "}
                  <RegionName catalog={catalog} id={id} />
                </Fragment>
              ))}
            </Fact>
          )}
          <Fact label="Plan">{planLabel(catalog, database.plan)}</Fact>
          <Fact label="TLS">
            {database.tls ? "On" : "Off"}
            {database.tls && caFile !== undefined && (
              <span className={`hint ${facts.note}`}>
                Certificate authority: <code>{caFile}</code>
              </span>
            )}
          </Fact>
          <Fact label="Database ID">
            <code>{database.id}</code>
          </Fact>
          <Fact label="Created">{dateLabel(database.created_at)}</Fact>
        </dl>
      </section>
      {database.state === "active" ? (
        // A panel of its own after each reset: the one that may show the old credentials is gone with them.
        <CredentialsPanel key={`${database.id} ${resets}`} databaseId={database.id} replaced={resets > 0} />
      ) : (
        <p className="hint" role="status">
          You can reveal the credentials once the database is active.
        </p>
      )}
      {managed.some((name) => open.has(name)) && (
        <ManagePanels database={database} onReset={() => setResets((before) => before + 1)} />
      )}
    </>
  );
}
