import { ParaglideMessage } from "@inlang/paraglide-js-react";
import { m } from "@/messages/messages";
import type { ApiProblem } from "@/shared/api/problem";
import styles from "./problem-notice.module.css";

/** The number under which the server's log knows this failure. */
export function RequestId(props: { problem: ApiProblem }) {
  const id = props.problem.requestId;
  if (id === undefined) return null;
  return (
    <p className={styles.requestId}>
      <ParaglideMessage
        message={m.problem_request_id}
        inputs={{ id }}
        markup={{ code: ({ children }) => <code>{children}</code> }}
      />
    </p>
  );
}
