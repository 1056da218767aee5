import { Plus } from "lucide-react";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { useHistoryState } from "wouter/use-browser-location";
import { useAnnounce } from "@/shared/ui/announcer";
import { PageHeading } from "@/shared/ui/page-heading";
import { ProblemNotice } from "@/shared/ui/problem-notice";
import { useReadAgain } from "@/shared/ui/read-again";
import { Skeleton } from "@/shared/ui/skeleton";
import { useCatalog, useDatabases } from "./api";
import { DatabaseTable } from "./database-table";
import "./list-page.css";

/** What the create page leaves in the history entry, so that the list can point at the new database. */
export interface ListPageState {
  created?: { id: string; name: string };
}

export function ListPage() {
  const arrival = useHistoryState<ListPageState | null>();
  const [created] = useState(arrival?.created);
  const databases = useDatabases(created?.id);
  const catalog = useCatalog().data;
  const ready = databases.data?.find(({ id }) => id === created?.id)?.state === "active";
  const announce = useAnnounce();

  useEffect(() => {
    if (created === undefined) return;
    announce(ready ? `${created.name} is ready` : `Database ${created.name} was created`);
  }, [created, ready, announce]);

  useEffect(() => {
    if (created === undefined) return;
    // Said once: neither a reload nor the Back button is to say it again.
    window.history.replaceState(null, "");
  }, [created]);

  return (
    <>
      <header className="list-head">
        <PageHeading title="Databases" />
        {databases.data !== undefined && databases.data.length > 0 && (
          <Link href="/databases/new" className="button button-primary">
            <Plus aria-hidden="true" /> New database
          </Link>
        )}
      </header>
      {created !== undefined && ready && (
        <p className="list-ready">
          <span>
            <strong>{created.name}</strong> is ready
          </span>
          <Link href={`/databases/${encodeURIComponent(created.id)}`}>Get its credentials</Link>
        </p>
      )}
      <ListBody databases={databases} created={created?.id} catalog={catalog} />
    </>
  );
}

interface BodyProps {
  databases: ReturnType<typeof useDatabases>;
  created: string | undefined;
  catalog: ReturnType<typeof useCatalog>["data"];
}

function ListBody({ databases, created, catalog }: BodyProps) {
  const again = useReadAgain(databases.isSuccess, () => void databases.refetch());
  if (databases.isPending) return <Skeleton label="Loading your databases" />;
  if (databases.data === undefined) {
    return <ProblemNotice error={databases.error} onRetry={again.now} onWaited={again.waited} />;
  }
  return (
    <>
      {databases.error !== null && (
        <ProblemNotice error={databases.error} onRetry={again.now} onWaited={again.waited} />
      )}
      {databases.data.length === 0 ? (
        <Empty />
      ) : (
        <DatabaseTable databases={databases.data} created={created} catalog={catalog} />
      )}
    </>
  );
}

function Empty() {
  return (
    <section className="card list-empty">
      <h2>No databases yet</h2>
      <p className="hint">
        Give your first one a name and a region. It is ready in a moment, and you get everything to paste into
        your project.
      </p>
      <Link href="/databases/new" className="button button-primary button-large">
        <Plus aria-hidden="true" /> Create your first database
      </Link>
    </section>
  );
}
