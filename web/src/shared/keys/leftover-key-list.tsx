import { useRef } from "react";
import type { LeftoverKey } from "@/shared/api/types";
import { useAnnounce } from "@/shared/ui/announcer";
import { CopyButton } from "@/shared/ui/copy-button";
import { ConsoleLink } from "./console-link";
import styles from "./leftover-key-list.module.css";

interface Props {
  keys: readonly LeftoverKey[];
  /** Takes a key off the list. Without it, the list has no button for that. */
  onDeleted?: (name: string) => void;
}

/** Keys that only the user can delete, in the Upstash console: by name, with the way there. */
export function LeftoverKeyList({ keys, onDeleted }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const announce = useAnnounce();

  const takeOff = (name: string) => {
    // The pressed button disappears, so the focus moves to the list.
    list.current?.focus();
    announce(`${name} is off the list`);
    onDeleted?.(name);
  };
  return (
    <>
      <ul ref={list} className={styles.leftoverKeys} tabIndex={-1} aria-label="Keys to delete">
        {keys.map((key) => (
          <li key={key.name}>
            <code>{key.name}</code>
            <div className={styles.buttons}>
              <CopyButton what={`key name ${key.name}`} text={key.name} />
              {onDeleted !== undefined && (
                <button
                  type="button"
                  className="button button-small"
                  aria-label={`I deleted it: ${key.name}`}
                  onClick={() => takeOff(key.name)}
                >
                  I deleted it
                </button>
              )}
            </div>
            {key.state === "uncertain" && (
              <p className="hint">
                We could not determine whether Upstash created this key. It may not exist.
              </p>
            )}
          </li>
        ))}
      </ul>
      <ConsoleLink url={keys[0]?.console_url} />
    </>
  );
}
