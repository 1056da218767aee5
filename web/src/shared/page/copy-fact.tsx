import { CopyButton } from "@/shared/ui/copy-button";
import styles from "./facts.module.css";

/** A fact that is not secret, to copy. */
export function CopyFact(props: { label: string; value: string }) {
  return (
    <div className={styles.fact}>
      <dt>{props.label}</dt>
      <dd>
        <code>{props.value}</code>
        <span className={styles.buttons}>
          <CopyButton what={props.label} text={props.value} />
        </span>
      </dd>
    </div>
  );
}
