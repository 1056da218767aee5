import { m } from "@/messages/messages";
import styles from "./grants.module.css";
import { operationWords } from "./operation-words";
import { mayWords } from "./policy-words";

/** A permission in words. One that destroys or changes what exists is marked. */
export function Permission({ scope }: { scope: string }) {
  return (
    <span>
      {mayWords(scope)}
      {operationWords[scope]?.guarded === true && (
        <>
          {" "}
          <strong className={styles.guarded}>{m.grants_dangerous()}</strong>
        </>
      )}
    </span>
  );
}
