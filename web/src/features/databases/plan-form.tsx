import { useId, useState } from "react";
import { m } from "@/messages/messages";
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

  // An automatic upgrade leads to a larger plan. A server that allows none of them rejects it.
  const canUpgrade = catalog?.plans.some(({ id }) => id.startsWith("fixed_")) === true;
  const samePlan = plan === database.plan;

  const prepare = (): PlanChange | undefined => {
    const found =
      plan === "" ? m.plan_missing() : samePlan && upgrade === "" ? m.plan_unchanged() : undefined;
    setError(found);
    if (found !== undefined) return undefined;
    return { plan_name: plan, ...(upgrade === "" ? {} : { auto_upgrade: upgrade === "on" }) };
  };
  return (
    <div className={styles.row}>
      <h3>{m.plan_heading()}</h3>
      <p>{m.plan_now({ plan: planLabel(catalog, database.plan) })}</p>
      <div className={`field ${styles.short}`}>
        <label htmlFor={field}>{m.plan_new()}</label>
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
          <option value="">{m.plan_choose()}</option>
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
        <label htmlFor={upgradeField}>{m.plan_upgrade()}</label>
        <select
          id={upgradeField}
          className="input"
          value={upgrade}
          onChange={(event) => {
            setUpgrade(event.target.value);
            setError(undefined);
          }}
        >
          <option value="">{m.plan_upgrade_unchanged()}</option>
          {canUpgrade && <option value="on">{m.plan_upgrade_on()}</option>}
          <option value="off">{m.plan_upgrade_off()}</option>
        </select>
      </div>
      <GuardedAction
        button={m.plan_open_change()}
        working={m.settings_changing()}
        title={m.plan_change_title({ database: database.name })}
        name={database.name}
        action={m.plan_change()}
        write={write}
        prepare={prepare}
      >
        <ul>
          {!samePlan && (
            <>
              <li>
                {m.plan_change_from_to({
                  before: planLabel(catalog, database.plan),
                  after: planLabel(catalog, plan),
                })}
              </li>
              <li>{m.plan_change_cost()}</li>
              <li>{m.plan_change_limits()}</li>
            </>
          )}
          {upgrade === "on" && <li>{m.plan_change_upgrade()}</li>}
          {upgrade === "off" && <li>{m.plan_change_no_upgrade()}</li>}
        </ul>
      </GuardedAction>
      <Changed write={write} text={m.plan_changed()} />
    </div>
  );
}
