import type { LeftoverKey } from "@/shared/api/types";
import { CopyButton } from "@/shared/ui/copy-button";
import { ConsoleLink } from "./console-link";
import styles from "./leftover-key-list.module.css";

/** Keys that only the user can delete, in the Upstash console: by name, with the way there. */
export function LeftoverKeyList(props: { keys: readonly LeftoverKey[] }) {
  return (
    <>
      <ul className={styles.leftoverKeys}>
        {props.keys.map((key) => (
          <li key={key.name}>
            <code>{key.name}</code>
            <CopyButton what={`key name ${key.name}`} text={key.name} />
            {key.state === "uncertain" && (
              <p className="hint">
                We could not determine whether Upstash created this key. It may not exist.
              </p>
            )}
          </li>
        ))}
      </ul>
      <ConsoleLink url={props.keys[0]?.console_url} />
    </>
  );
}
