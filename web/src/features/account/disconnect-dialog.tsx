import { useEffect, useId, useRef } from "react";
import { useLocation } from "wouter";
import { useGrants } from "@/shared/grants/api";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useConnection } from "@/shared/session/connection";
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

  useEffect(() => {
    dialog.current?.showModal();
    // Pressing Enter right away must not disconnect.
    cancel.current?.focus();
  }, []);

  return (
    <dialog ref={dialog} className={styles.dialog} aria-labelledby={heading} onClose={props.onClose}>
      <h2 id={heading}>Disconnect {email}?</h2>
      <ul>
        <li>We destroy our copy of the key and end your sessions here.</li>
        {services > 0 && (
          <li>
            {services === 1 ? "One service loses" : `${services} services lose`} access permanently.
            Connecting again does not restore it.
          </li>
        )}
        <li>Your databases and their data stay in your Upstash account.</li>
        <li>
          Upstash does not let us delete the key <code>{key_name}</code>. It stays valid until you delete it
          in the Upstash console. We show you how next.
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
          {disconnect.isPending ? "Disconnecting…" : "Disconnect"}
        </button>
        <button ref={cancel} type="button" className="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
      </div>
    </dialog>
  );
}
