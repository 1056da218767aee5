import { Delayed } from "./delayed";
import styles from "./skeleton.module.css";

/** Calm grey bars in place of what is being loaded. */
export function Skeleton(props: { label: string; lines?: number }) {
  const lines = Array.from({ length: props.lines ?? 3 }, (_, index) => index);
  return (
    <Delayed>
      <div className={styles.skeleton} role="status">
        <span className="visually-hidden">{props.label}</span>
        {lines.map((line) => (
          <span key={line} className={styles.skeletonLine} aria-hidden="true" />
        ))}
      </div>
    </Delayed>
  );
}
