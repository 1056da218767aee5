import type { ApiProblem } from "@/shared/api/problem";
import styles from "./problem-notice.module.css";

/** The number under which the server's log knows this failure. */
export function RequestId(props: { problem: ApiProblem }) {
  if (props.problem.requestId === undefined) return null;
  return (
    <p className={styles.requestId}>
      Request <code>{props.problem.requestId}</code>
    </p>
  );
}
