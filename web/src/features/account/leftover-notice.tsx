import { X } from "lucide-react";
import { LeftoverKeyList } from "@/shared/keys/leftover-key-list";
import { useRemainingKeys, useShownKeys } from "@/shared/keys/remaining-keys";
import { useConnection } from "@/shared/session/connection";
import styles from "./leftover-keys.module.css";

/**
 * Lists keys of earlier connections while an account is connected. It stands below the databases and starts folded,
 * because nothing is urgent.
 */
export function LeftoverNotice() {
  const { remaining, markDeleted } = useRemainingKeys(useConnection().leftover_keys);
  const { shown: keys, hideAll } = useShownKeys(remaining);
  if (keys.length === 0) return null;
  const one = keys.length === 1;

  const focusContent = () => document.getElementById("content")?.focus();
  return (
    <div className={styles.notice}>
      <details>
        <summary>{one ? "One key" : `${keys.length} keys`} of an earlier connection can be deleted</summary>
        <div className={styles.keys}>
          <p>
            We no longer use {one ? "this key" : "these keys"}, but Upstash does not let us delete{" "}
            {one ? "it" : "them"} for you. In the Upstash console, open Account → API Keys and delete:
          </p>
          <LeftoverKeyList
            keys={keys}
            onDeleted={(name) => {
              if (one) focusContent();
              markDeleted(name);
            }}
          />
        </div>
      </details>
      <button
        type="button"
        className={`button button-quiet ${styles.hide}`}
        onClick={() => {
          focusContent();
          hideAll();
        }}
      >
        <X aria-hidden="true" />
        <span className="visually-hidden">Hide the notice about keys</span>
      </button>
    </div>
  );
}
