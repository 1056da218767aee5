import { useEffect, useId, useRef } from "react";
import type { Grant } from "@/shared/api/services";
import { ServiceName } from "@/shared/grants/service-identity";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useTakeBack } from "./api";
import styles from "./dialog.module.css";

interface Props {
  grant: Grant;
  onClose: () => void;
  onDone: () => void;
}

/** Asks for confirmation before revoking a grant, because only the app of the service can restore it. */
export function RevokeDialog({ grant, onClose, onDone }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  const heading = useId();
  const revoke = useTakeBack(grant.id, () => {
    dialog.current?.close();
    onDone();
  });

  useEffect(() => {
    dialog.current?.showModal();
    // Pressing Enter right away must not revoke anything.
    cancel.current?.focus();
  }, []);

  return (
    <dialog ref={dialog} className={styles.dialog} aria-labelledby={heading} onClose={onClose}>
      <h2 id={heading}>Revoke access of {grant.service.name}?</h2>
      <p>
        <ServiceName service={grant.service} /> loses access to your Upstash account immediately.
      </p>
      <ul>
        <li>The databases it created, and their data, stay in your Upstash account.</li>
        <li>
          Passwords and tokens that it has read stay valid. If you no longer trust it, reset them in the
          Upstash console.
        </li>
        <li>To allow it again, start in the app of this service.</li>
      </ul>
      {revoke.error !== null && <ProblemNotice error={revoke.error} />}
      <div className="actions">
        <button
          type="button"
          className="button button-danger"
          aria-disabled={revoke.isPending}
          onClick={() => revoke.isPending || revoke.mutate()}
        >
          {revoke.isPending ? "Revoking…" : "Revoke access"}
        </button>
        <button ref={cancel} type="button" className="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
      </div>
    </dialog>
  );
}
