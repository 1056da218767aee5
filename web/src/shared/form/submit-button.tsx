import styles from "./form.module.css";

/** The button that sends a create form. */
export function SubmitButton(props: { pending: boolean; children: string }) {
  return (
    <div className="actions">
      <button type="submit" className="button button-primary button-large" aria-disabled={props.pending}>
        {props.pending && <span className={`spinner ${styles.spinner}`} aria-hidden="true" />}
        {props.pending ? "Creating…" : props.children}
      </button>
    </div>
  );
}
