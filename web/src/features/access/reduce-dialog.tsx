import { type FormEvent, useId, useRef, useState } from "react";
import { m } from "@/messages/messages";
import type { Grant } from "@/shared/api/services";
import { NarrowFields } from "@/shared/grants/narrow-fields";
import { changesBetween, narrowingError, narrowingOf, settled } from "@/shared/grants/policy";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useModal } from "@/shared/ui/use-modal";
import { useNarrow } from "./api";
import styles from "./dialog.module.css";

interface Props {
  grant: Grant;
  onClose: () => void;
  onDone: () => void;
}

/** Lets the user reduce the permissions of a service. */
export function ReduceDialog({ grant, onClose, onDone }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const [choice, setChoice] = useState(() => narrowingOf(grant));
  const [reported, setReported] = useState(false);
  const close = useModal(dialog, onClose);
  const narrow = useNarrow(grant.id, () => {
    close();
    onDone();
  });
  const error = errorOf(choice, grant);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setReported(true);
    if (error === undefined && !narrow.isPending) {
      narrow.mutate(changesBetween(grant, settled(choice, grant)));
    }
  };

  return (
    <dialog ref={dialog} className={styles.dialog} aria-labelledby={heading}>
      <h2 id={heading}>{m.access_reduce_title({ name: grant.service.name })}</h2>
      <form onSubmit={submit} noValidate>
        <p className="hint">{m.access_reduce_hint()}</p>
        <NarrowFields most={grant} value={choice} onChange={setChoice} />
        {reported && error !== undefined && (
          <p className="field-error" role="alert">
            {error}
          </p>
        )}
        {narrow.error !== null && <ProblemNotice error={narrow.error} />}
        <div className="actions">
          <button type="submit" className="button button-primary" aria-disabled={narrow.isPending}>
            {narrow.isPending ? m.access_reduce_saving() : m.access_reduce_save()}
          </button>
          <button type="button" className="button button-quiet" onClick={close}>
            {m.access_cancel()}
          </button>
        </div>
      </form>
    </dialog>
  );
}

function errorOf(choice: ReturnType<typeof narrowingOf>, grant: Grant): string | undefined {
  if (choice.scopes.length === 0) return m.access_reduce_all();
  const error = narrowingError(choice, grant);
  if (error !== undefined) return error;
  const unchanged = Object.keys(changesBetween(grant, settled(choice, grant))).length === 0;
  return unchanged ? m.access_reduce_nothing() : undefined;
}
