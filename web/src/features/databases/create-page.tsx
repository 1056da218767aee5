import { useLocation } from "wouter";
import { m } from "@/messages/messages";
import type { Database } from "@/shared/api/types";
import { useCatalog } from "@/shared/catalog/catalog";
import { BackLink } from "@/shared/page/back-link";
import styles from "@/shared/page/page.module.css";
import { PageHeading } from "@/shared/page/page-heading";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { Skeleton } from "@/shared/ui/skeleton";
import { CreateForm } from "./create-form";
import type { ListPageState } from "./list-page";

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
      <PageHeading title={m.database_create_title()} />
      {catalog.isPending && <Skeleton label={m.database_create_loading()} lines={4} />}
      {catalog.isError && <ProblemNotice error={catalog.error} onRetry={again.now} onWaited={again.waited} />}
      {catalog.data !== undefined && (
        <CreateForm catalog={catalog.data} onCreated={showInList} cancelTo="/" />
      )}
    </div>
  );
}
