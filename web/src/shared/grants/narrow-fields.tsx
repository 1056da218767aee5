import { useId, useState } from "react";
import { m } from "@/messages/messages";
import type { Policy } from "@/shared/api/services";
import styles from "./grants.module.css";
import { Permission } from "./permission";
import { boundsCreates, mostHint, type Narrowing, reachesUpTo, readMost } from "./policy";
import { reachLabel } from "./policy-words";

interface Props {
  /** The current or requested policy. The user cannot enter anything wider. */
  most: Policy;
  value: Narrowing;
  onChange: (value: Narrowing) => void;
}

/** The fields with which a user allows a service less. */
export function NarrowFields({ most, value, onChange }: Props) {
  const reaches = reachesUpTo(most.databases);
  const reachName = useId();
  const toggle = (scope: string, on: boolean) => {
    // In the order in which they were asked, so that an unchanged choice is known as such.
    const scopes = most.scopes.filter((each) => (each === scope ? on : value.scopes.includes(each)));
    onChange({ ...value, scopes });
  };
  return (
    <>
      <fieldset className="field">
        <legend>{m.grants_may()}</legend>
        {most.scopes.map((scope) => (
          <label key={scope} className="check">
            <input
              type="checkbox"
              checked={value.scopes.includes(scope)}
              onChange={(event) => toggle(scope, event.target.checked)}
            />
            <Permission scope={scope} />
          </label>
        ))}
      </fieldset>
      <fieldset className="field">
        <legend>{m.grants_which_databases()}</legend>
        {reaches.length === 1 && <p>{reachLabel(most.databases)}</p>}
        {reaches.length > 1 &&
          reaches.map((reach) => (
            <label key={reach} className="check">
              <input
                type="radio"
                name={reachName}
                checked={value.databases === reach}
                onChange={() => onChange({ ...value, databases: reach })}
              />
              {reachLabel(reach)}
            </label>
          ))}
      </fieldset>
      {boundsCreates(most) && value.scopes.includes("redis.create") && (
        <MostDatabases
          most={most.max_databases}
          value={value.max_databases}
          onChange={(max_databases) => onChange({ ...value, max_databases })}
        />
      )}
    </>
  );
}

function MostDatabases(props: { most: number; value: number; onChange: (value: number) => void }) {
  const { most, value, onChange } = props;
  const [text, setText] = useState(value === 0 ? "" : String(value));
  const id = useId();
  const faulty = Number.isNaN(value);
  return (
    <div className="field">
      <label htmlFor={id}>{m.grants_maximum()}</label>
      <input
        id={id}
        className={`input ${styles.narrowNumber}`}
        inputMode="numeric"
        autoComplete="off"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          onChange(readMost(event.target.value, most));
        }}
        aria-describedby={`${id}-hint`}
        aria-invalid={faulty || undefined}
      />
      <p className={faulty ? "field-error" : "hint"} id={`${id}-hint`}>
        {mostHint(most)}
      </p>
    </div>
  );
}
