import type { ReactNode } from "react";
import styles from "./facts.module.css";

/** One fact of a description list. */
export function Fact(props: { label: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{props.label}</dt>
      <dd>
        <span>{props.children}</span>
      </dd>
    </div>
  );
}
