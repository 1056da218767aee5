import { ParaglideMessage } from "@inlang/paraglide-js-react";
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { m } from "@/messages/messages";
import styles from "./confirm-name-dialog.module.css";
import { useModal } from "./use-modal";

interface Props {
  title: string;
  /** The name that the user has to type. */
  name: string;
  /** The words of the destructive button, and those while it works. */
  action: string;
  working: string;
  pending: boolean;
  /** What will happen, and below it what went wrong, if anything did. */
  children: ReactNode;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks for the name of what an action destroys: nobody types that by accident, or for the wrong thing. */
export function ConfirmNameDialog(props: Props) {
  const { name, pending } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const [heading, field, hint] = [useId(), useId(), useId()];
  const [typed, setTyped] = useState("");
  // Double-clicking a name selects the space after it too.
  const matches = typed.trim() !== "" && typed.trim() === name.trim();

  const close = useModal(dialog, props.onClose);
  useEffect(() => {
    // Safe: Enter does nothing until the name is complete.
    input.current?.focus();
  }, []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (matches && !pending) props.onConfirm();
  };

  return (
    <dialog ref={dialog} className={styles.dialog} aria-labelledby={heading}>
      <h2 id={heading}>{props.title}</h2>
      {props.children}
      <form onSubmit={submit} noValidate>
        <div className="field">
          <label htmlFor={field}>
            <ParaglideMessage
              message={m.ui_confirm_label}
              inputs={{ name }}
              markup={{ name: ({ children }) => <code>{children}</code> }}
            />
          </label>
          <input
            ref={input}
            id={field}
            className="input"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            aria-describedby={hint}
            autoComplete="off"
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
          />
          <p id={hint} className="hint">
            {m.ui_confirm_hint()}
          </p>
        </div>
        <div className="actions">
          <button type="submit" className="button button-danger" disabled={!matches} aria-disabled={pending}>
            {pending ? props.working : props.action}
          </button>
          <button type="button" className="button" onClick={close}>
            {m.ui_cancel()}
          </button>
        </div>
      </form>
    </dialog>
  );
}
