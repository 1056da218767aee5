import type { Database } from "@/shared/api/types";
import { useOpenOperations } from "@/shared/catalog/catalog";
import { OpenInUpstash } from "./open-in-upstash";
import styles from "./state-notice.module.css";

/** What a state other than active means, and what the user can do about it. */
export function StateNotice({ database }: { database: Database }) {
  switch (database.state) {
    case "active":
      return null;
    case "creating":
      return (
        <p className="hint" role="status">
          Upstash is creating the database. This page shows how to connect as soon as the database is active.
        </p>
      );
    case "suspended":
      return <Suspended database={database} />;
    default:
      return (
        <p className="hint" role="status">
          You can reveal the credentials once the database is active.
        </p>
      );
  }
}

function Suspended({ database }: { database: Database }) {
  const open = useOpenOperations();
  return (
    <section className={styles.notice} aria-labelledby="suspended-heading">
      <h2 id="suspended-heading">Upstash has suspended this database</h2>
      <p>
        Upstash rejects its commands until it is active again, and does not report the reason. Usual reasons
        are:
      </p>
      <ul>
        {database.plan === "free" ? (
          <li>
            The database has reached a limit of the free plan. Change to a paid plan, or wait for the next
            month.
          </li>
        ) : (
          <li>
            The database has reached its monthly budget.{" "}
            {open.has("redis.budget")
              ? "Raise the budget in the settings below, or wait for the next month."
              : "Raise the budget in Upstash, or wait for the next month."}
          </li>
        )}
        <li>
          A payment has failed, so Upstash has suspended the account. Update the payment method in Upstash.
        </li>
      </ul>
      <p>When the database is active again, this page shows how to connect.</p>
      <OpenInUpstash id={database.id} primary />
    </section>
  );
}
