import { m } from "@/messages/messages";
import styles from "./state-badge.module.css";

const words: Readonly<Record<string, () => string>> = {
  active: m.databases_state_active,
  creating: m.databases_state_creating,
  suspended: m.databases_state_suspended,
  passive: m.databases_state_passive,
  deleted: m.databases_state_deleted,
};

/** A state in words. An unknown one appears unchanged. */
export function stateWords(state: string): string {
  return words[state]?.() ?? state;
}

/** A database's state in words and colour. Only "active" means ready. */
export function StateBadge(props: { state: string }) {
  const tone =
    props.state === "active" ? "good" : ["creating", "suspended"].includes(props.state) ? "busy" : "off";
  return (
    <span className={`${styles.badge} ${styles[tone]}`}>
      <span className={styles.dot} aria-hidden="true" />
      {stateWords(props.state)}
    </span>
  );
}
