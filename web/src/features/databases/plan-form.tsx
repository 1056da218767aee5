import { useId, useState } from "react";
import type { Database } from "@/shared/api/types";
import { useCatalog } from "@/shared/catalog/catalog";
import { planLabel } from "@/shared/catalog/labels";
import { GuardedAction } from "@/shared/write/guarded-action";
import { Changed } from "./changed";
import styles from "./manage.module.css";
import { type PlanChange, useChangePlan } from "./manage-api";

export function PlanForm({ database }: { database: Database }) {
  const catalog = useCatalog().data;
  const [plan, setPlan] = useState("");
  const [upgrade, setUpgrade] = useState("");
  const [error, setError] = useState<string>();
  const write = useChangePlan(database, () => setPlan(""));
  const [field, message, upgradeField] = [useId(), useId(), useId()];

  const prepare = (): PlanChange | undefined => {
    setError(plan === "" ? "Choose a plan." : undefined);
    if (plan === "") return undefined;
    return { plan_name: plan, ...(upgrade === "" ? {} : { auto_upgrade: upgrade === "on" }) };
  };
  return (
    <div className={styles.row}>
      <h3>Plan</h3>
      <p>Now: {planLabel(catalog, database.plan)}</p>
      <div className={`field ${styles.short}`}>
        <label htmlFor={field}>New plan</label>
        <select
          id={field}
          className="input"
          value={plan}
          aria-invalid={error === undefined ? undefined : true}
          aria-describedby={error === undefined ? undefined : message}
          onChange={(event) => {
            setPlan(event.target.value);
            setError(undefined);
          }}
        >
          <option value="">Choose a plan…</option>
          {catalog?.plans.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
        {error !== undefined && (
          <p className="field-error" id={message} role="alert">
            {error}
          </p>
        )}
      </div>
      <div className={`field ${styles.short}`}>
        <label htmlFor={upgradeField}>Automatic upgrade</label>
        <select
          id={upgradeField}
          className="input"
          value={upgrade}
          onChange={(event) => setUpgrade(event.target.value)}
        >
          <option value="">Do not change</option>
          <option value="on">On</option>
          <option value="off">Off</option>
        </select>
      </div>
      <GuardedAction
        button="Change plan…"
        working="Changing…"
        title={`Change the plan of ${database.name}?`}
        name={database.name}
        action="Change plan"
        write={write}
        prepare={prepare}
      >
        <ul>
          <li>
            From {planLabel(catalog, database.plan)} to {planLabel(catalog, plan)}.
          </li>
          <li>This changes what the database costs. Upstash’s pricing page has the prices.</li>
          {upgrade === "on" && (
            <li>Upstash may later choose a larger plan automatically, at a higher price.</li>
          )}
          <li>A smaller plan has lower limits.</li>
        </ul>
      </GuardedAction>
      <Changed write={write} text="Plan changed." />
    </div>
  );
}
