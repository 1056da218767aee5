import styles from "./state-badge.module.css";

const words: Readonly<Record<string, string>> = {
  active: "Active",
  creating: "Creating",
  suspended: "Suspended",
  passive: "Passive",
  deleted: "Deleted",
};

/** A state in words. An unknown one appears unchanged. */
export function stateWords(state: string): string {
  return words[state] ?? state;
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
