import { Link } from "wouter";
import { m } from "@/messages/messages";
import styles from "./form.module.css";

interface Props {
  pending: boolean;
  children: string;
  /** Where Cancel leads. Without it, the form has no Cancel: what is around it does. */
  cancelTo?: string | undefined;
}

/** The button that sends a create form, and the way out of it. */
export function SubmitButton({ pending, children, cancelTo }: Props) {
  return (
    <div className="actions">
      <button type="submit" className="button button-primary button-large" aria-disabled={pending}>
        {pending && <span className={`spinner ${styles.spinner}`} aria-hidden="true" />}
        {pending ? m.form_creating() : children}
      </button>
      {cancelTo !== undefined && (
        <Link href={cancelTo} className="button button-large">
          {m.form_cancel()}
        </Link>
      )}
    </div>
  );
}
