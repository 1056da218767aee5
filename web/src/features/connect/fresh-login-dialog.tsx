import { ParaglideMessage } from "@inlang/paraglide-js-react";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useId, useRef, useState } from "react";
import { m } from "@/messages/messages";
import { useConnection } from "@/shared/session/connection";
import { sessionQuery } from "@/shared/session/session";
import { useModal } from "@/shared/ui/use-modal";
import { ConnectPanel } from "./connect-panel";
import { ConnectProvider, useConnect } from "./connect-provider";
import styles from "./fresh-login-dialog.module.css";
import { useLoginEnded } from "./use-login-ended";

/**
 * Asks the user to log in again, in a login flow of its own: the page behind keeps its state. onEnd reports whether the
 * same account has logged in.
 */
export function FreshLoginDialog({ onEnd }: { onEnd: (loggedIn: boolean) => void }) {
  const client = useQueryClient();
  const connection = useConnection();
  const [account] = useState(connection);

  const onLoggedIn = useCallback(() => {
    // The login window also offers to change to another account. The rejected call was not meant for that one.
    const now = client.getQueryData(sessionQuery.queryKey);
    onEnd(now?.kind === "connected" && now.session.connection.id === account.id);
  }, [client, account, onEnd]);

  return (
    <ConnectProvider onLoggedIn={onLoggedIn}>
      <LogInAgain email={account.email} onCancel={() => onEnd(false)} />
    </ConnectProvider>
  );
}

function LogInAgain(props: { email: string; onCancel: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const heading = useId();
  const { state, start, giveUp } = useConnect();

  const onClose = () => {
    giveUp();
    props.onCancel();
  };

  const close = useModal(dialog, onClose);
  useEffect(() => {
    button.current?.focus();
  }, []);
  useLoginEnded(() => button.current?.focus());

  return (
    <dialog ref={dialog} className={styles.dialog} aria-labelledby={heading}>
      <h2 id={heading}>{m.connect_fresh_login_title()}</h2>
      <p>
        <ParaglideMessage
          message={m.connect_fresh_login_reason}
          inputs={{ email: props.email }}
          markup={{ account: ({ children }) => <strong>{children}</strong> }}
        />
      </p>
      {state.name === "idle" ? (
        <div className="actions">
          <button
            ref={button}
            type="button"
            className="button button-primary"
            onClick={() => start({ freshLogin: true, loginHint: props.email })}
          >
            {m.connect_fresh_login_button()}
          </button>
          <button type="button" className="button" onClick={close}>
            {m.connect_cancel()}
          </button>
        </div>
      ) : (
        <ConnectPanel />
      )}
    </dialog>
  );
}
