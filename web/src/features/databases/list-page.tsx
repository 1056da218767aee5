import { ParaglideMessage } from "@inlang/paraglide-js-react";
import { Plus } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { Link } from "wouter";
import { useHistoryState } from "wouter/use-browser-location";
import { m } from "@/messages/messages";
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
    const { name } = created;
    announce(ready ? m.databases_ready({ name }) : m.databases_creating({ name }));
  }, [created, ready, announce]);

  useEffect(() => {
    if (deleted !== undefined) announce(m.databases_deleted({ name: deleted.name }));
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
          <PageHeading title={m.databases_heading()} />
          {others === undefined && hasAny && <Count count={databases.data.length} />}
        </div>
        {others === undefined && hasAny && <NewDatabase primary />}
      </header>
      {created !== undefined && ready && (
        <p className={styles.ready}>
          <span>
            <ParaglideMessage
              message={m.databases_ready}
              inputs={{ name: created.name }}
              markup={{ name: ({ children }) => <strong>{children}</strong> }}
            />
          </span>
          <Link href={`/databases/${encodeURIComponent(created.id)}`}>{m.databases_view_credentials()}</Link>
        </p>
      )}
      {deleted !== undefined && (
        <p className={styles.ready}>
          <span>
            <ParaglideMessage
              message={m.databases_deleted}
              inputs={{ name: deleted.name }}
              markup={{ name: ({ children }) => <strong>{children}</strong> }}
            />
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
      <Plus aria-hidden="true" /> {m.databases_new()}
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
  if (databases.isPending) return <Skeleton label={m.databases_loading()} />;
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
      <p className="hint">{m.databases_empty_section()}</p>
      <Link href="/databases/new" className="button button-primary">
        <Plus aria-hidden="true" /> {m.databases_create_first()}
      </Link>
    </div>
  );
}

function Empty() {
  return (
    <section className={`card ${styles.empty}`}>
      <h2>{m.databases_empty_heading()}</h2>
      <p className="hint">{m.databases_empty()}</p>
      <Link href="/databases/new" className="button button-primary button-large">
        <Plus aria-hidden="true" /> {m.databases_create_first()}
      </Link>
    </section>
  );
}
