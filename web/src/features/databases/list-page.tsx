import { Plus } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { Link } from "wouter";
import { useHistoryState } from "wouter/use-browser-location";
import { useCatalog } from "@/shared/catalog/catalog";
import { Count } from "@/shared/page/count";
import { ListSection } from "@/shared/page/list-section";
import { PageHeading } from "@/shared/page/page-heading";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useAnnounce } from "@/shared/ui/announcer";
import { Skeleton } from "@/shared/ui/skeleton";
import { useDatabases } from "./api";
import { DatabaseList } from "./database-list";
import styles from "./list-page.module.css";

/** State of the history entry. Another page sets it, and the list reports what happened there. */
export interface ListPageState {
  /** The list highlights the new database. */
  created?: { id: string; name: string };
  deleted?: { id: string; name: string };
}

interface Props {
  /** The sections of other products, below that of the databases. Without any, the page has no sections. */
  others?: ReactNode;
}

export function ListPage({ others }: Props) {
  const arrival = useHistoryState<ListPageState | null>();
  const [{ created, deleted }] = useState(arrival ?? {});
  const databases = useDatabases(created?.id);
  const catalog = useCatalog().data;
  const ready = databases.data?.find(({ id }) => id === created?.id)?.state === "active";
  const announce = useAnnounce();
  const hasAny = databases.data !== undefined && databases.data.length > 0;
  const list = (
    <ListBody
      databases={databases}
      created={created?.id}
      catalog={catalog}
      empty={others === undefined ? <Empty /> : <EmptySection />}
    />
  );

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
    window.history.replaceState({ ...window.history.state, created: undefined, deleted: undefined }, "");
  }, [created, deleted]);

  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <div className={styles.title}>
          <PageHeading title="Databases" />
          {others === undefined && hasAny && <Count count={databases.data.length} />}
        </div>
        {others === undefined && hasAny && <NewDatabase primary />}
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
      {others === undefined ? (
        list
      ) : (
        <>
          <ListSection title="Redis" count={databases.data?.length} action={hasAny && <NewDatabase />}>
            {list}
          </ListSection>
          {others}
        </>
      )}
    </div>
  );
}

function NewDatabase({ primary }: { primary?: boolean }) {
  return (
    <Link href="/databases/new" className={primary === true ? "button button-primary" : "button"}>
      <Plus aria-hidden="true" /> New database
    </Link>
  );
}

interface BodyProps {
  databases: ReturnType<typeof useDatabases>;
  created: string | undefined;
  catalog: ReturnType<typeof useCatalog>["data"];
  empty: ReactNode;
}

function ListBody({ databases, created, catalog, empty }: BodyProps) {
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
        empty
      ) : (
        <DatabaseList databases={databases.data} created={created} catalog={catalog} />
      )}
    </>
  );
}

/** Among other products, a first database is one choice of several. */
function EmptySection() {
  return (
    <div className={`card ${styles.emptySection}`}>
      <p className="hint">No databases yet. A database is ready in seconds.</p>
      <Link href="/databases/new" className="button button-primary">
        <Plus aria-hidden="true" /> Create your first database
      </Link>
    </div>
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
