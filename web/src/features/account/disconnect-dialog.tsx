import { ParaglideMessage } from "@inlang/paraglide-js-react";
import { useEffect, useId, useRef } from "react";
import { useLocation } from "wouter";
import { m } from "@/messages/messages";
import { useGrants } from "@/shared/grants/api";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useConnection } from "@/shared/session/connection";
import { useModal } from "@/shared/ui/use-modal";
import { useDisconnect } from "./api";
import styles from "./disconnect-dialog.module.css";

/** Explains what disconnecting does, and what it cannot do, before the user confirms. */
export function DisconnectDialog(props: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  const heading = useId();
  const { email, key_name } = useConnection();
  const [, navigate] = useLocation();
  // Disconnecting works without this list; the response then has the number of services.
  const services = useGrants().data?.filter(({ state }) => state !== "revoked").length ?? 0;
  const disconnect = useDisconnect(() => navigate("/"));

  const close = useModal(dialog, props.onClose);
  useEffect(() => {
    // Pressing Enter right away must not disconnect.
    cancel.current?.focus();
  }, []);

  return (
    <dialog ref={dialog} className={styles.dialog} aria-labelledby={heading}>
      <h2 id={heading}>{m.account_disconnect_title({ email })}</h2>
      <ul>
        <li>{m.account_disconnect_key_copy()}</li>
        {services > 0 && <li>{m.account_disconnect_services({ count: services })}</li>}
        <li>{m.account_disconnect_databases()}</li>
        <li>
          <ParaglideMessage
            message={m.account_disconnect_key_stays}
            inputs={{ name: key_name }}
            markup={{ key: ({ children }) => <code>{children}</code> }}
          />
        </li>
      </ul>
      {disconnect.error !== null && <ProblemNotice error={disconnect.error} />}
      <div className="actions">
        <button
          type="button"
          className="button button-danger"
          aria-disabled={disconnect.isPending}
          onClick={() => disconnect.isPending || disconnect.mutate()}
        >
          {disconnect.isPending ? m.account_disconnect_pending() : m.account_disconnect_button()}
        </button>
        <button ref={cancel} type="button" className="button" onClick={close}>
          {m.account_disconnect_cancel()}
        </button>
      </div>
    </dialog>
  );
}
