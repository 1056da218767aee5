import { ParaglideMessage } from "@inlang/paraglide-js-react";
import { Fragment, useState } from "react";
import { m } from "@/messages/messages";
import type { Database } from "@/shared/api/types";
import { useCatalog, useOpenOperations } from "@/shared/catalog/catalog";
import { planLabel, platformLabel } from "@/shared/catalog/labels";
import { RegionName } from "@/shared/catalog/region-name";
import { lazyComponent } from "@/shared/lazy/lazy-component";
import { BackLink } from "@/shared/page/back-link";
import { CopyFact } from "@/shared/page/copy-fact";
import { Fact } from "@/shared/page/fact";
import facts from "@/shared/page/facts.module.css";
import page from "@/shared/page/page.module.css";
import { PageHeading } from "@/shared/page/page-heading";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useRedisCaFile } from "@/shared/session/config";
import { RelativeTime } from "@/shared/time/relative-time";
import { Skeleton } from "@/shared/ui/skeleton";
import { useDatabase } from "./api";
import { ConnectCard } from "./connect-card";
import styles from "./detail-page.module.css";
import { managed } from "./managed";
import { OpenInUpstash } from "./open-in-upstash";
import { Rename } from "./rename";
import { StateBadge } from "./state-badge";
import { StateNotice } from "./state-notice";

// Most installations offer none of it.
const ManagePanels = lazyComponent(async () => (await import("./manage-panels")).ManagePanels, {
  label: m.databases_loading_panels,
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
        <PageHeading title={data?.name ?? m.databases_title()} />
        {data !== undefined && <StateBadge state={data.state} />}
        {data !== undefined && open.has("redis.rename") && <Rename database={data} />}
        {data !== undefined && data.state !== "suspended" && (
          <div className={styles.actions}>
            <OpenInUpstash id={data.id} />
          </div>
        )}
      </div>
      {error !== null && <ProblemNotice error={error} onRetry={again.now} onWaited={again.waited} />}
      {database.isPending && <Skeleton label={m.databases_loading_one()} lines={4} />}
      {data !== undefined && <Details database={data} />}
    </div>
  );
}

function Details({ database }: { database: Database }) {
  const open = useOpenOperations();
  const [resets, setResets] = useState(0);
  return (
    <>
      <StateNotice database={database} />
      {database.state === "active" && (
        // A card of its own after each reset: the one that may show the old credentials is gone with them.
        <ConnectCard key={`${database.id} ${resets}`} database={database} replaced={resets > 0} />
      )}
      <Facts database={database} />
      {managed.some((name) => open.has(name)) && (
        <ManagePanels database={database} onReset={() => setResets((before) => before + 1)} />
      )}
    </>
  );
}

function Facts({ database }: { database: Database }) {
  const catalog = useCatalog().data;
  const caFile = useRedisCaFile();
  return (
    <section className="card" aria-label={m.databases_details()}>
      <dl className={facts.facts}>
        <CopyFact label={m.databases_endpoint()} value={database.endpoint} />
        <CopyFact label={m.databases_port()} value={String(database.port)} />
        <CopyFact label={m.databases_rest_url()} value={database.rest_url} />
        <Fact label={m.databases_tls()}>
          {database.tls ? m.databases_tls_on() : m.databases_tls_off()}
          {database.tls && caFile !== undefined && (
            <span className={`hint ${facts.note}`}>
              <ParaglideMessage
                message={m.databases_certificate_authority}
                inputs={{ file: caFile }}
                markup={{ file: ({ children }) => <code>{children}</code> }}
              />
            </span>
          )}
        </Fact>
        <Fact label={m.databases_primary_region()}>
          <RegionName catalog={catalog} id={database.primary_region} />
          {database.platform !== "" && ` · ${platformLabel(catalog, database.platform)}`}
        </Fact>
        {database.read_regions.length > 0 && (
          <Fact label={m.databases_read_regions()}>
            {database.read_regions.map((id, index) => (
              <Fragment key={id}>
                {index > 0 && ", "}
                <RegionName catalog={catalog} id={id} />
              </Fragment>
            ))}
          </Fact>
        )}
        <Fact label={m.databases_plan()}>{planLabel(catalog, database.plan)}</Fact>
        <CopyFact label={m.databases_id()} value={database.id} />
        <Fact label={m.databases_created()}>
          <RelativeTime at={database.created_at} exact />
        </Fact>
      </dl>
    </section>
  );
}
