import { useId, useState } from "react";
import { m } from "@/messages/messages";
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
    setError(on === undefined ? m.eviction_missing() : undefined);
    return on;
  };
  const names = { database: database.name };
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
      <h3>{m.eviction_heading()}</h3>
      {known !== undefined && <p>{known ? m.eviction_now_on() : m.eviction_now_off()}</p>}
      <fieldset
        className="field"
        aria-invalid={error === undefined ? undefined : true}
        aria-describedby={error === undefined ? undefined : message}
      >
        <legend>{m.eviction_when_full()}</legend>
        <div className={styles.choices}>
          {choice(true, m.eviction_on())}
          {choice(false, m.eviction_off())}
        </div>
        {error !== undefined && (
          <p className="field-error" id={message} role="alert">
            {error}
          </p>
        )}
      </fieldset>
      <GuardedAction
        button={m.eviction_open_change()}
        working={m.settings_changing()}
        title={on === true ? m.eviction_change_title_on(names) : m.eviction_change_title_off(names)}
        name={database.name}
        action={m.eviction_change()}
        write={write}
        prepare={prepare}
      >
        <ul>
          <li>{on === true ? m.eviction_will_drop() : m.eviction_will_reject()}</li>
        </ul>
      </GuardedAction>
      <Changed write={write} text={m.eviction_changed()} />
    </div>
  );
}
