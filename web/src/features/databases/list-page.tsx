import { Plus } from "lucide-react";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { useHistoryState } from "wouter/use-browser-location";
import { PageHeading } from "@/shared/page/page-heading";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useCatalog } from "@/shared/session/catalog";
import { useAnnounce } from "@/shared/ui/announcer";
import { Skeleton } from "@/shared/ui/skeleton";
import { useDatabases } from "./api";
import { DatabaseTable } from "./database-table";
import styles from "./list-page.module.css";

/** State of the history entry. Another page sets it, and the list reports what happened there. */
export interface ListPageState {
  /** The list highlights the new database. */
  created?: { id: string; name: string };
  deleted?: { id: string; name: string };
}

export function ListPage() {
  const arrival = useHistoryState<ListPageState | null>();
  const [{ created, deleted }] = useState(arrival ?? {});
  const databases = useDatabases(created?.id);
  const catalog = useCatalog().data;
  const ready = databases.data?.find(({ id }) => id === created?.id)?.state === "active";
  const announce = useAnnounce();

  useEffect(() => {
    if (created === undefined) return;
    announce(ready ? `${created.name} is ready` : `Creating ${created.name}`);
  }, [created, ready, announce]);

  useEffect(() => {
    if (deleted !== undefined) announce(`${deleted.name} is deleted`);
  }, [deleted, announce]);

  useEffect(() => {
    if (created === undefined && deleted === undefined) return;
    // Announced once: a reload or the Back button must not repeat it.
    window.history.replaceState(null, "");
  }, [created, deleted]);

  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <PageHeading title="Databases" />
        {databases.data !== undefined && databases.data.length > 0 && (
          <Link href="/databases/new" className="button button-primary">
            <Plus aria-hidden="true" /> New database
          </Link>
        )}
      </header>
      {created !== undefined && ready && (
        <p className={styles.ready}>
          <span>
            <strong>{created.name}</strong> is ready
          </span>
          <Link href={`/databases/${encodeURIComponent(created.id)}`}>View credentials</Link>
        </p>
      )}
      {deleted !== undefined && (
        <p className={styles.ready}>
          <span>
            <strong>{deleted.name}</strong> is deleted
          </span>
        </p>
      )}
      <ListBody databases={databases} created={created?.id} catalog={catalog} />
    </div>
  );
}

interface BodyProps {
  databases: ReturnType<typeof useDatabases>;
  created: string | undefined;
  catalog: ReturnType<typeof useCatalog>["data"];
}

function ListBody({ databases, created, catalog }: BodyProps) {
  const again = useBoundedRefetch(databases.isSuccess, () => void databases.refetch());
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
    <section className={`card ${styles.empty}`}>
      <h2>No databases yet</h2>
      <p className="hint">
        Choose a name and a region. Your database is ready in seconds, with credentials and code to paste into
        your project.
      </p>
      <Link href="/databases/new" className="button button-primary button-large">
        <Plus aria-hidden="true" /> Create your first database
      </Link>
    </section>
  );
}
