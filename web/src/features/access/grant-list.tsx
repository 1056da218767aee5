import { useRef } from "react";
import { useGrants } from "@/shared/grants/api";
import { ProblemNotice } from "@/shared/ui/problem-notice";
import { useReadAgain } from "@/shared/ui/read-again";
import { Skeleton } from "@/shared/ui/skeleton";
import { GrantCard } from "./grant-card";

/** Every service that may act for the user, or could until lately. */
export function GrantList() {
  const grants = useGrants();
  const heading = useRef<HTMLHeadingElement>(null);
  const again = useReadAgain(grants.isSuccess, () => void grants.refetch());
  return (
    <section className="access-section" aria-labelledby="grants-heading">
      <h2 id="grants-heading" ref={heading} tabIndex={-1}>
        Who may act for you
      </h2>
      {grants.error !== null && (
        <ProblemNotice error={grants.error} onRetry={again.now} onWaited={again.waited} />
      )}
      {grants.isPending && <Skeleton label="Loading who may act for you" />}
      {grants.data?.length === 0 && (
        <p className="card hint">
          Nobody but you. When you allow a service to use this Upstash account, it stands here, and you can
          take it back.
        </p>
      )}
      {grants.data !== undefined && grants.data.length > 0 && (
        <ul className="grants">
          {grants.data.map((grant) => (
            <GrantCard key={grant.id} grant={grant} onGone={() => heading.current?.focus()} />
          ))}
        </ul>
      )}
    </section>
  );
}
