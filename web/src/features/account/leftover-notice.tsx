import { ChevronRight, X } from "lucide-react";
import { useId, useState } from "react";
import { m } from "@/messages/messages";
import { LeftoverKeyList } from "@/shared/keys/leftover-key-list";
import { isCertain, useRemainingKeys, useShownKeys } from "@/shared/keys/remaining-keys";
import { useConnection } from "@/shared/session/connection";
import styles from "./leftover-keys.module.css";

/**
 * Lists keys of earlier connections while an account is connected. It stands below the databases and starts folded,
 * because nothing is urgent.
 */
export function LeftoverNotice() {
  const { remaining, takeOff } = useRemainingKeys(useConnection().leftover_keys);
  const { shown: keys, hideAll } = useShownKeys(remaining);
  const [open, setOpen] = useState(false);
  const details = useId();
  const count = keys.length;
  if (count === 0) return null;

  const certain = keys.every(isCertain);
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
        {certain ? m.account_leftover_title({ count }) : m.account_leftover_check_title({ count })}
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
          {certain ? (
            <p>{m.account_leftover_instruction({ count })}</p>
          ) : (
            <>
              <p>{m.account_keys_check_reason()}</p>
              <p>{m.account_keys_check_instruction({ count })}</p>
            </>
          )}
          <LeftoverKeyList
            keys={keys}
            onTakeOff={(key) => {
              if (count === 1) focusContent();
              takeOff(key);
            }}
          />
        </div>
      </div>
    </div>
  );
}
