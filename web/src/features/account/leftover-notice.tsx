import { LeftoverKeyList } from "@/shared/keys/leftover-key-list";
import { useConnection } from "@/shared/session/connection";
import styles from "./leftover-keys.module.css";

/** Lists keys of earlier connections while an account is connected. It starts folded, because nothing is urgent. */
export function LeftoverNotice() {
  const keys = useConnection().leftover_keys;
  if (keys.length === 0) return null;
  const one = keys.length === 1;
  return (
    <details className={styles.notice}>
      <summary>{one ? "One key" : `${keys.length} keys`} of an earlier connection can be deleted</summary>
      <div className={styles.keys}>
        <p>
          We no longer use {one ? "this key" : "these keys"}, but Upstash does not let us delete{" "}
          {one ? "it" : "them"} for you. In the Upstash console, open Account → API Keys and delete:
        </p>
        <LeftoverKeyList keys={keys} />
      </div>
    </details>
  );
}
