import type { Database } from "@/shared/api/types";
import { useRedisCaFile } from "@/shared/session/config";
import { PageHeading } from "@/shared/ui/page-heading";
import { ProblemNotice } from "@/shared/ui/problem-notice";
import { useReadAgain } from "@/shared/ui/read-again";
import { Skeleton } from "@/shared/ui/skeleton";
import { useCatalog, useDatabase } from "./api";
import { BackLink } from "./back-link";
import { CredentialsPanel } from "./credentials-panel";
import { dateLabel, planLabel, platformLabel, regionWithId } from "./labels";
import { StateBadge } from "./state-badge";
import "./detail-page.css";

export function DetailPage(props: { id: string }) {
  const database = useDatabase(props.id);
  const { data, error } = database;
  const again = useReadAgain(database.isSuccess, () => void database.refetch());
  return (
    <div className="narrow detail">
      <BackLink />
      <div className="detail-head">
        <PageHeading title={data?.name ?? "Database"} />
        {data !== undefined && <StateBadge state={data.state} />}
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
  const reads = database.read_regions.map((id) => regionWithId(catalog, id));
  return (
    <>
      <section className="card" aria-label="Details">
        <dl className="facts">
          <Fact label="Endpoint">
            <code>
              {database.endpoint}:{database.port}
            </code>
          </Fact>
          <Fact label="REST URL">
            <code>{database.rest_url}</code>
          </Fact>
          <Fact label="Primary region">
            {regionWithId(catalog, database.primary_region)}
            {database.platform !== "" && ` · ${platformLabel(catalog, database.platform)}`}
          </Fact>
          {reads.length > 0 && <Fact label="Read regions">{reads.join(", ")}</Fact>}
          <Fact label="Plan">{planLabel(catalog, database.plan)}</Fact>
          <Fact label="TLS">
            {database.tls ? "On" : "Off"}
            {database.tls && caFile !== undefined && (
              <span className="hint fact-note">
                Its certificate is signed by the authority in <code>{caFile}</code>
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
        <CredentialsPanel key={database.id} databaseId={database.id} />
      ) : (
        <p className="hint" role="status">
          Credentials can be shown as soon as the database is active.
        </p>
      )}
    </>
  );
}

function Fact(props: { label: string; children: React.ReactNode }) {
  return (
    <div className="fact">
      <dt>{props.label}</dt>
      <dd>
        <span>{props.children}</span>
      </dd>
    </div>
  );
}
