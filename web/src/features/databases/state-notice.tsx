import { m } from "@/messages/messages";
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
          {m.databases_notice_creating()}
        </p>
      );
    case "suspended":
      return <Suspended database={database} />;
    default:
      return (
        <p className="hint" role="status">
          {m.databases_notice_inactive()}
        </p>
      );
  }
}

function Suspended({ database }: { database: Database }) {
  const open = useOpenOperations();
  const budgetReached = open.has("redis.budget")
    ? m.databases_suspended_budget_here()
    : m.databases_suspended_budget_upstash();
  return (
    <section className={styles.notice} aria-labelledby="suspended-heading">
      <h2 id="suspended-heading">{m.databases_suspended_heading()}</h2>
      <p>{m.databases_suspended_reasons()}</p>
      <ul>
        <li>{database.plan === "free" ? m.databases_suspended_free() : budgetReached}</li>
        <li>{m.databases_suspended_payment()}</li>
      </ul>
      <p>{m.databases_suspended_until()}</p>
      <OpenInUpstash id={database.id} primary />
    </section>
  );
}
