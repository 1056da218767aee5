import { ParaglideMessage } from "@inlang/paraglide-js-react";
import { useEffect, useId, useRef } from "react";
import { m } from "@/messages/messages";
import type { Grant } from "@/shared/api/services";
import { ServiceName } from "@/shared/grants/service-identity";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useModal } from "@/shared/ui/use-modal";
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
  const close = useModal(dialog, onClose);
  const revoke = useTakeBack(grant.id, () => {
    close();
    onDone();
  });

  useEffect(() => {
    // Pressing Enter right away must not revoke anything.
    cancel.current?.focus();
  }, []);

  return (
    <dialog ref={dialog} className={styles.dialog} aria-labelledby={heading}>
      <h2 id={heading}>{m.access_revoke_title({ name: grant.service.name })}</h2>
      <p>
        <ParaglideMessage
          message={m.access_revoke_effect}
          markup={{ service: () => <ServiceName service={grant.service} /> }}
        />
      </p>
      <ul>
        <li>{m.access_revoke_databases()}</li>
        <li>{m.access_revoke_credentials()}</li>
        <li>{m.access_revoke_again()}</li>
      </ul>
      {revoke.error !== null && <ProblemNotice error={revoke.error} />}
      <div className="actions">
        <button
          type="button"
          className="button button-danger"
          aria-disabled={revoke.isPending}
          onClick={() => revoke.isPending || revoke.mutate()}
        >
          {revoke.isPending ? m.access_revoking() : m.access_revoke_confirm()}
        </button>
        <button ref={cancel} type="button" className="button" onClick={close}>
          {m.access_cancel()}
        </button>
      </div>
    </dialog>
  );
}
