import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import type { Grant } from "@/shared/api/services";
import { NarrowFields } from "@/shared/grants/narrow-fields";
import { changesBetween, faultOf, narrowingOf, settled } from "@/shared/grants/policy";
import { ProblemNotice } from "@/shared/ui/problem-notice";
import { useNarrow } from "./api";

interface Props {
  grant: Grant;
  onClose: () => void;
  onDone: () => void;
}

/** Lets the user allow a service less than before. */
export function NarrowDialog({ grant, onClose, onDone }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const [choice, setChoice] = useState(() => narrowingOf(grant));
  const [reported, setReported] = useState(false);
  const narrow = useNarrow(grant.id, () => {
    dialog.current?.close();
    onDone();
  });
  const fault = dialogFault(choice, grant);

  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setReported(true);
    if (fault === undefined && !narrow.isPending) {
      narrow.mutate(changesBetween(grant, settled(choice, grant)));
    }
  };

  return (
    <dialog ref={dialog} className="access-dialog" aria-labelledby={heading} onClose={onClose}>
      <h2 id={heading}>What may {grant.service.name} do?</h2>
      <form onSubmit={submit} noValidate>
        <p className="hint">
          You can only allow less here. To allow more again, start again in the app of this service.
        </p>
        <NarrowFields most={grant} value={choice} onChange={setChoice} />
        {reported && fault !== undefined && (
          <p className="field-fault" role="alert">
            {fault}
          </p>
        )}
        {narrow.error !== null && <ProblemNotice error={narrow.error} />}
        <div className="actions">
          <button type="submit" className="button button-primary" aria-disabled={narrow.isPending}>
            {narrow.isPending ? "Saving…" : "Save"}
          </button>
          <button type="button" className="button button-quiet" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}

function dialogFault(choice: ReturnType<typeof narrowingOf>, grant: Grant): string | undefined {
  if (choice.scopes.length === 0) return "Leave at least one thing that it may do, or take it all back.";
  const fault = faultOf(choice, grant);
  if (fault !== undefined) return fault;
  const nothing = Object.keys(changesBetween(grant, settled(choice, grant))).length === 0;
  return nothing ? "You have not left anything out yet." : undefined;
}
