import styles from "./state-badge.module.css";

const words: Readonly<Record<string, string>> = {
  active: "Active",
  creating: "Creating",
  suspended: "Suspended",
  passive: "Passive",
  deleted: "Deleted",
};

/** A database's state in words and colour. Only "active" means ready. An unknown state appears unchanged. */
export function StateBadge(props: { state: string }) {
  const tone = props.state === "active" ? "good" : props.state === "creating" ? "busy" : "off";
  return (
    <span className={`${styles.badge} ${styles[tone]}`}>
      <span className={styles.dot} aria-hidden="true" />
      {words[props.state] ?? props.state}
    </span>
  );
}
