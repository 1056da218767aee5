import {
  type FormEvent,
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { m } from "@/messages/messages";
import { ApiProblem } from "@/shared/api/problem";
import { fieldOf, fieldWords } from "@/shared/form/field-words";
import { nameError } from "@/shared/form/form-errors";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import type { Write } from "@/shared/write/use-write";
import styles from "./name-form.module.css";

interface Props {
  label: string;
  /** The name at first, and again once a name was sent. */
  initial: string;
  action: string;
  working: string;
  write: Write<string, unknown>;
  onCancel?: () => void;
  autoFocus?: boolean;
}

/** A form of one name and its button. */
export function NameForm({ label, initial, action, working, write, onCancel, autoFocus }: Props) {
  const [name, setName] = useState(initial);
  const [error, setError] = useState<string>();
  const input = useRef<HTMLInputElement>(null);
  const [field, hint, message] = [useId(), useId(), useId()];
  const rejected = error ?? rejectedName(write.error);

  const { done } = write;
  useEffect(() => {
    if (done) setName(initial);
  }, [done, initial]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (write.pending) return;
    const found = nameError(name);
    setError(found);
    if (found === undefined) write.send(name);
    else {
      write.reset();
      input.current?.focus();
    }
  };
  const cancelOnEscape = (event: KeyboardEvent) => {
    if (event.key === "Escape") onCancel?.();
  };

  return (
    <form className={styles.form} noValidate onSubmit={submit}>
      <div className="field">
        <label htmlFor={field}>{label}</label>
        <div className={styles.row}>
          <input
            ref={input}
            id={field}
            className="input"
            value={name}
            maxLength={64}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            // biome-ignore lint/a11y/noAutofocus: the user has just asked for this field
            autoFocus={autoFocus}
            aria-invalid={rejected === undefined ? undefined : true}
            aria-describedby={rejected === undefined ? hint : `${hint} ${message}`}
            onChange={(event) => {
              setName(event.target.value);
              setError(undefined);
            }}
            onKeyDown={cancelOnEscape}
          />
          <Buttons onCancel={onCancel}>
            <button type="submit" className="button" aria-disabled={write.pending}>
              {write.pending ? working : action}
            </button>
          </Buttons>
        </div>
        <p className="hint" id={hint}>
          {m.form_name_rules()}
        </p>
        {rejected !== undefined && (
          <p className="field-error" id={message} role="alert">
            {rejected}
          </p>
        )}
      </div>
      {rejected === undefined && write.error !== null && (
        <ProblemNotice error={write.error} onWaited={write.again.waited} />
      )}
    </form>
  );
}

function Buttons(props: { onCancel: (() => void) | undefined; children: ReactNode }) {
  return (
    <>
      {props.children}
      {props.onCancel !== undefined && (
        <button type="button" className="button button-quiet" onClick={props.onCancel}>
          {m.form_cancel()}
        </button>
      )}
    </>
  );
}

/** What the server has against the name. */
function rejectedName(error: Error | null): string | undefined {
  if (!(error instanceof ApiProblem)) return undefined;
  const found = error.errors.filter((fault) => fieldOf(fault) === "name");
  return found.length === 0 ? undefined : found.map(fieldWords).join(" ");
}
