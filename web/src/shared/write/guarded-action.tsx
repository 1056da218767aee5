import { type ReactNode, useEffect, useRef, useState } from "react";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { ConfirmNameDialog } from "@/shared/ui/confirm-name-dialog";
import styles from "./guarded-action.module.css";
import type { Write } from "./use-write";

interface Props<Body> {
  /** The words of the button that opens the dialog, and those while the call runs. */
  button: string;
  working: string;
  /** Whether it destroys something, which the button's color then shows as well. */
  danger?: boolean;
  title: string;
  /** The name that the user types. */
  name: string;
  /** The words of the button in the dialog. */
  action: string;
  write: Write<Body, unknown>;
  /** What to send, or undefined while the form has errors, which it then reports. */
  prepare: () => Body | undefined;
  /** What will happen. */
  children: ReactNode;
}

/** A button that sends a guarded call once the user has typed the name of what it is about. */
export function GuardedAction<Body>(props: Props<Body>) {
  const { write } = props;
  const [body, setBody] = useState<Body>();
  const opener = useRef<HTMLButtonElement>(null);
  const open = body !== undefined && !write.done;

  const start = () => {
    if (write.pending) return;
    write.reset();
    setBody(props.prepare());
  };
  const close = () => {
    setBody(undefined);
    opener.current?.focus();
  };

  useEffect(() => {
    if (!write.done) return;
    setBody(undefined);
    opener.current?.focus();
  }, [write.done]);

  return (
    <div className={styles.action}>
      <button
        ref={opener}
        type="button"
        className={props.danger === true ? "button button-danger" : "button"}
        aria-disabled={write.pending}
        onClick={start}
      >
        {write.pending ? props.working : props.button}
      </button>
      {/* After the dialog was closed nothing is repeated: that takes a new confirmation. */}
      {!open && write.error !== null && <ProblemNotice error={write.error} onWaited={null} />}
      {open && (
        <ConfirmNameDialog
          title={props.title}
          name={props.name}
          action={props.action}
          working={props.working}
          pending={write.pending}
          onConfirm={() => write.send(body)}
          onClose={close}
        >
          {props.children}
          {write.error !== null && <ProblemNotice error={write.error} onWaited={write.again.waited} />}
        </ConfirmNameDialog>
      )}
    </div>
  );
}
