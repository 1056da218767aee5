import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { m } from "@/messages/messages";
import { ApiProblem } from "@/shared/api/problem";
import { fieldWords } from "@/shared/form/field-words";
import { nameError } from "@/shared/form/form-errors";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useModal } from "@/shared/ui/use-modal";
import { useRename } from "./api";
import styles from "./detail-page.module.css";
import { nameOf, type Product, type Resource } from "./products";

interface Props {
  product: Product;
  resource: Resource;
  onClose: () => void;
  onDone: (name: string) => void;
}

/** Changes the name of an index, and nothing else. */
export function RenameDialog({ product, resource, onClose, onDone }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const [heading, field, hint] = [useId(), useId(), useId()];
  const [name, setName] = useState(nameOf(resource));
  const [error, setError] = useState<string>();
  const close = useModal(dialog, onClose);
  const rename = useRename(product, resource, (renamed) => {
    close();
    onDone(renamed);
  });

  useEffect(() => {
    input.current?.select();
  }, []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = name === nameOf(resource) ? m.resources_rename_same() : nameError(name);
    setError(found);
    if (found === undefined && !rename.isPending) rename.mutate(name);
    else input.current?.focus();
  };

  const rejected = rename.error instanceof ApiProblem ? rename.error.errors[0] : undefined;
  const ofField = rejected && fieldWords(rejected);
  const shown = error ?? ofField;
  return (
    <dialog ref={dialog} className={styles.dialog} aria-labelledby={heading}>
      <h2 id={heading}>{m.resources_rename_title({ name: nameOf(resource) })}</h2>
      <form onSubmit={submit} noValidate>
        <div className="field">
          <label htmlFor={field}>{m.resources_rename_new_name()}</label>
          <input
            ref={input}
            id={field}
            className="input"
            value={name}
            maxLength={64}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => {
              setName(event.target.value);
              setError(undefined);
            }}
            aria-invalid={shown === undefined ? undefined : true}
            aria-describedby={hint}
          />
          <p id={hint} className={shown === undefined ? "hint" : "field-error"} role="status">
            {shown ?? m.resources_rename_hint()}
          </p>
        </div>
        {rename.error !== null && ofField === undefined && <ProblemNotice error={rename.error} />}
        <div className="actions">
          <button type="submit" className="button button-primary" aria-disabled={rename.isPending}>
            {rename.isPending ? m.resources_rename_working() : m.resources_rename()}
          </button>
          <button type="button" className="button" onClick={close}>
            {m.resources_cancel()}
          </button>
        </div>
      </form>
    </dialog>
  );
}
