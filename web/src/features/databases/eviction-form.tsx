import { useId, useState } from "react";
import type { Database } from "@/shared/api/types";
import { GuardedAction } from "@/shared/write/guarded-action";
import { Changed } from "./changed";
import styles from "./manage.module.css";
import { useChangeEviction } from "./manage-api";

interface Props {
  database: Database;
  /** Whether eviction is on, if a change of this visit returned it. */
  known: boolean | undefined;
}

export function EvictionForm({ database, known }: Props) {
  const [on, setOn] = useState<boolean>();
  const [error, setError] = useState<string>();
  const write = useChangeEviction(database, () => setOn(undefined));
  const [group, message] = [useId(), useId()];

  const prepare = () => {
    setError(on === undefined ? "Choose on or off." : undefined);
    return on;
  };
  const choice = (value: boolean, label: string) => (
    <label className="check">
      <input
        type="radio"
        name={group}
        checked={on === value}
        onChange={() => {
          setOn(value);
          setError(undefined);
        }}
      />
      {label}
    </label>
  );
  return (
    <div className={styles.row}>
      <h3>Eviction</h3>
      {known !== undefined && <p>Now: {known ? "on" : "off"}</p>}
      <fieldset
        className="field"
        aria-invalid={error === undefined ? undefined : true}
        aria-describedby={error === undefined ? undefined : message}
      >
        <legend>When the database is full</legend>
        <div className={styles.choices}>
          {choice(true, "Drop keys (eviction on)")}
          {choice(false, "Reject writes (eviction off)")}
        </div>
        {error !== undefined && (
          <p className="field-error" id={message} role="alert">
            {error}
          </p>
        )}
      </fieldset>
      <GuardedAction
        button="Change eviction…"
        working="Changing…"
        title={`Switch eviction of ${database.name} ${on === true ? "on" : "off"}?`}
        name={database.name}
        action="Change eviction"
        write={write}
        prepare={prepare}
      >
        <ul>
          <li>
            {on === true
              ? "When the database is full, Upstash deletes keys to make room. That data is lost."
              : "When the database is full, Upstash rejects writes, and applications receive errors."}
          </li>
        </ul>
      </GuardedAction>
      <Changed write={write} text="Eviction changed." />
    </div>
  );
}
