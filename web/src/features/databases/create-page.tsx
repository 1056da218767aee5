import { useLocation } from "wouter";
import type { Database } from "@/shared/api/types";
import { PageHeading } from "@/shared/page/page-heading";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useCatalog } from "@/shared/session/catalog";
import { Skeleton } from "@/shared/ui/skeleton";
import { BackLink } from "./back-link";
import { CreateForm } from "./create-form";
import type { ListPageState } from "./list-page";
import styles from "./page.module.css";

export function CreatePage() {
  const catalog = useCatalog();
  const again = useBoundedRefetch(catalog.isSuccess, () => void catalog.refetch());
  const [, navigate] = useLocation();

  const showInList = (database: Database) => {
    const state: ListPageState = { created: { id: database.id, name: database.name } };
    navigate("/", { state });
  };

  return (
    <div className={styles.narrow}>
      <BackLink />
      <PageHeading title="New database" />
      {catalog.isPending && <Skeleton label="Loading regions" lines={4} />}
      {catalog.isError && <ProblemNotice error={catalog.error} onRetry={again.now} onWaited={again.waited} />}
      {catalog.data !== undefined && <CreateForm catalog={catalog.data} onCreated={showInList} />}
    </div>
  );
}
