import { useId, useState } from "react";
import { m } from "@/messages/messages";
import type { Database } from "@/shared/api/types";
import { GuardedAction } from "@/shared/write/guarded-action";
import { Changed } from "./changed";
import styles from "./manage.module.css";
import { useChangeBudget } from "./manage-api";

interface Props {
  database: Database;
  /** The budget, if a change of this visit returned it. */
  known: number | undefined;
}

export function BudgetForm({ database, known }: Props) {
  const [text, setText] = useState("");
  const [error, setError] = useState<string>();
  const write = useChangeBudget(database, () => setText(""));
  const [field, hint, message] = [useId(), useId(), useId()];

  const budget = budgetOf(text);
  const prepare = () => {
    setError(budget === undefined ? m.budget_invalid() : undefined);
    return budget;
  };
  return (
    <div className={styles.row}>
      <h3>{m.budget_heading()}</h3>
      {known !== undefined && (
        <p>{known === 0 ? m.budget_now_unlimited() : m.budget_now({ budget: known })}</p>
      )}
      <div className={`field ${styles.short}`}>
        <label htmlFor={field}>{m.budget_new()}</label>
        <input
          id={field}
          className="input"
          inputMode="numeric"
          autoComplete="off"
          value={text}
          aria-invalid={error === undefined ? undefined : true}
          aria-describedby={error === undefined ? hint : `${hint} ${message}`}
          onChange={(event) => {
            setText(event.target.value);
            setError(undefined);
          }}
        />
        <p className="hint" id={hint}>
          {m.budget_unit()}
        </p>
        {error !== undefined && (
          <p className="field-error" id={message} role="alert">
            {error}
          </p>
        )}
      </div>
      <GuardedAction
        button={m.budget_open_change()}
        working={m.settings_changing()}
        title={m.budget_change_title({ database: database.name })}
        name={database.name}
        action={m.budget_change()}
        write={write}
        prepare={prepare}
      >
        <ul>
          <li>
            {budget === 0 ? m.budget_will_be_unlimited() : m.budget_will_be({ budget: String(budget) })}
          </li>
          <li>{m.budget_effect()}</li>
        </ul>
      </GuardedAction>
      <Changed write={write} text={m.budget_changed()} />
    </div>
  );
}

/** The number in a field, if it is one that the contract accepts. */
export function budgetOf(text: string): number | undefined {
  const digits = text.trim();
  return /^\d{1,9}$/.test(digits) ? Number(digits) : undefined;
}
