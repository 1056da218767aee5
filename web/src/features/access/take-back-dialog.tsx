import { useEffect, useId, useRef } from "react";
import type { Grant } from "@/shared/api/services";
import { ServiceName } from "@/shared/grants/service-identity";
import { ProblemNotice } from "@/shared/ui/problem-notice";
import { useTakeBack } from "./api";

interface Props {
  grant: Grant;
  onClose: () => void;
  onDone: () => void;
}

/** Asks before the user takes a grant back: only the service's own app can bring it again. */
export function TakeBackDialog({ grant, onClose, onDone }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  const heading = useId();
  const takeBack = useTakeBack(grant.id, () => {
    dialog.current?.close();
    onDone();
  });

  useEffect(() => {
    dialog.current?.showModal();
    // Whoever presses Enter at once has decided nothing yet.
    cancel.current?.focus();
  }, []);

  return (
    <dialog ref={dialog} className="access-dialog" aria-labelledby={heading} onClose={onClose}>
      <h2 id={heading}>Take it back from {grant.service.name}?</h2>
      <p>
        <ServiceName service={grant.service} /> can no longer act for you from then on.
      </p>
      <ul>
        <li>The databases that it created stay in your Upstash account, and so does their data.</li>
        <li>
          A password or token that it has read stays valid. Reset the credentials in the Upstash console if
          you do not trust it any more.
        </li>
        <li>To allow it again, start again in the app of this service.</li>
      </ul>
      {takeBack.error !== null && <ProblemNotice error={takeBack.error} />}
      <div className="actions">
        <button
          type="button"
          className="button button-danger"
          aria-disabled={takeBack.isPending}
          onClick={() => takeBack.isPending || takeBack.mutate()}
        >
          {takeBack.isPending ? "Taking back…" : "Take back"}
        </button>
        <button ref={cancel} type="button" className="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
      </div>
    </dialog>
  );
}
