import { useRef } from "react";
import { m } from "@/messages/messages";
import type { LeftoverKey } from "@/shared/api/types";
import { useAnnounce } from "@/shared/ui/announcer";
import { CopyButton } from "@/shared/ui/copy-button";
import { ConsoleLink } from "./console-link";
import styles from "./leftover-key-list.module.css";
import { isCertain } from "./remaining-keys";

interface Props {
  keys: readonly LeftoverKey[];
  /** Takes a key off the list. Without it, the list has no button for that. */
  onTakeOff?: (key: LeftoverKey) => void;
}

/** Keys that only the user can delete, in the Upstash console: by name, with the way there. */
export function LeftoverKeyList({ keys, onTakeOff }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const announce = useAnnounce();

  const takeOff = (key: LeftoverKey) => {
    // The pressed button disappears, so the focus moves to the list.
    list.current?.focus();
    announce(m.keys_off_list({ name: key.name }));
    onTakeOff?.(key);
  };
  return (
    <>
      <ul ref={list} className={styles.leftoverKeys} tabIndex={-1} aria-label={m.keys_to_delete()}>
        {keys.map((key) => (
          <li key={key.name}>
            <code>{key.name}</code>
            <div className={styles.buttons}>
              <CopyButton what={m.keys_name({ name: key.name })} text={key.name} />
              {onTakeOff !== undefined && (
                <button
                  type="button"
                  className="button button-small"
                  aria-label={
                    isCertain(key)
                      ? m.keys_deleted_name({ name: key.name })
                      : m.keys_checked_name({ name: key.name })
                  }
                  onClick={() => takeOff(key)}
                >
                  {isCertain(key) ? m.keys_deleted() : m.keys_checked()}
                </button>
              )}
            </div>
            {!isCertain(key) && <p className="hint">{m.keys_uncertain()}</p>}
          </li>
        ))}
      </ul>
      <ConsoleLink url={keys[0]?.console_url} />
    </>
  );
}
