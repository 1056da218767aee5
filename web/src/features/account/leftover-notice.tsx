import { ChevronRight, X } from "lucide-react";
import { useId, useState } from "react";
import { m } from "@/messages/messages";
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
  const [open, setOpen] = useState(false);
  const details = useId();
  if (keys.length === 0) return null;

  const focusContent = () => document.getElementById("content")?.focus();
  return (
    <div className={styles.notice}>
      {/* Not a details element: its content would come before the button beside it, for Tab as well. */}
      <button
        type="button"
        className={styles.title}
        aria-expanded={open}
        aria-controls={details}
        onClick={() => setOpen(!open)}
      >
        <ChevronRight aria-hidden="true" />
        {m.account_leftover_title({ count: keys.length })}
      </button>
      <button
        type="button"
        className={`button button-quiet ${styles.hide}`}
        onClick={() => {
          focusContent();
          hideAll();
        }}
      >
        <X aria-hidden="true" />
        <span className="visually-hidden">{m.account_leftover_hide()}</span>
      </button>
      <div id={details} className={styles.details} hidden={!open}>
        <div className={styles.keys}>
          <p>{m.account_leftover_instruction({ count: keys.length })}</p>
          <LeftoverKeyList
            keys={keys}
            onDeleted={(name) => {
              if (keys.length === 1) focusContent();
              markDeleted(name);
            }}
          />
        </div>
      </div>
    </div>
  );
}
