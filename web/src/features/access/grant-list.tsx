import { useRef } from "react";
import { m } from "@/messages/messages";
import { useGrants } from "@/shared/grants/api";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { Skeleton } from "@/shared/ui/skeleton";
import page from "./access-page.module.css";
import { GrantCard } from "./grant-card";
import styles from "./grants.module.css";

/** Lists the services with access to the account, and those that lost it recently. */
export function GrantList() {
  const grants = useGrants();
  const heading = useRef<HTMLHeadingElement>(null);
  const again = useBoundedRefetch(grants.isSuccess, () => void grants.refetch());
  return (
    <section className={page.section} aria-labelledby="grants-heading">
      <h2 id="grants-heading" ref={heading} tabIndex={-1}>
        {m.access_grants_heading()}
      </h2>
      {grants.error !== null && (
        <ProblemNotice error={grants.error} onRetry={again.now} onWaited={again.waited} />
      )}
      {grants.isPending && <Skeleton label={m.access_grants_loading()} />}
      {grants.data?.length === 0 && <p className="card hint">{m.access_grants_empty()}</p>}
      {grants.data !== undefined && grants.data.length > 0 && (
        <ul className={styles.list}>
          {grants.data.map((grant) => (
            <GrantCard key={grant.id} grant={grant} onRevoked={() => heading.current?.focus()} />
          ))}
        </ul>
      )}
    </section>
  );
}
