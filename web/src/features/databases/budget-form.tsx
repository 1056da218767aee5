import { useId, useState } from "react";
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

  const prepare = () => {
    const budget = budgetOf(text);
    setError(budget === undefined ? "Enter a whole number, such as 20. 0 means unlimited." : undefined);
    return budget;
  };
  return (
    <div className={styles.row}>
      <h3>Monthly budget</h3>
      {known !== undefined && <p>Now: {known === 0 ? "unlimited" : known}</p>}
      <div className={`field ${styles.short}`}>
        <label htmlFor={field}>New budget</label>
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
          In the unit of the Upstash console. 0 means unlimited.
        </p>
        {error !== undefined && (
          <p className="field-error" id={message} role="alert">
            {error}
          </p>
        )}
      </div>
      <GuardedAction
        button="Change budget…"
        working="Changing…"
        title={`Change the budget of ${database.name}?`}
        name={database.name}
        action="Change budget"
        write={write}
        prepare={prepare}
      >
        <ul>
          <li>
            {budgetOf(text) === 0
              ? "The database will have no budget: nothing limits its monthly cost."
              : `The monthly budget will be ${budgetOf(text)}, in the unit of the Upstash console.`}
          </li>
          <li>A higher budget allows a higher bill. Upstash restricts a database that reaches its budget.</li>
        </ul>
      </GuardedAction>
      <Changed write={write} text="Budget changed." />
    </div>
  );
}

/** The number in a field, if it is one that the contract accepts. */
export function budgetOf(text: string): number | undefined {
  const digits = text.trim();
  return /^\d{1,9}$/.test(digits) ? Number(digits) : undefined;
}
