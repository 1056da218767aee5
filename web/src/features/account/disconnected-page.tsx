import { m } from "@/messages/messages";
import type { LeftoverKey } from "@/shared/api/types";
import { LeftoverKeyList } from "@/shared/keys/leftover-key-list";
import { useRemainingKeys } from "@/shared/keys/remaining-keys";
import { Notice } from "@/shared/page/notice";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useFinishDisconnect } from "./api";
import styles from "./leftover-keys.module.css";

/** Shown after a disconnect, with the keys that only the user can delete. */
export function DisconnectedPage(props: { keys: LeftoverKey[]; endedGrants: number }) {
  const finish = useFinishDisconnect();
  const { remaining, markDeleted } = useRemainingKeys(props.keys);
  return (
    <Notice title={m.account_disconnected_title()}>
      <p>{m.account_disconnected_explanation()}</p>
      {props.endedGrants > 0 && <p>{m.account_disconnected_services({ count: props.endedGrants })}</p>}
      {remaining.length > 0 && (
        <section className={styles.keys} aria-labelledby="leftover-heading">
          <h2 id="leftover-heading">{m.account_keys_title({ count: remaining.length })}</h2>
          <p>{m.account_keys_reason({ count: remaining.length })}</p>
          <p>{m.account_keys_instruction()}</p>
          <LeftoverKeyList
            keys={remaining}
            onDeleted={(name) => {
              if (remaining.length === 1) document.getElementById("content")?.focus();
              markDeleted(name);
            }}
          />
        </section>
      )}
      {props.keys.length > 0 && remaining.length === 0 && <p>{m.account_keys_none_left()}</p>}
      {finish.error !== null && <ProblemNotice error={finish.error} />}
      <button type="button" className="button" onClick={() => finish.mutate()}>
        {m.account_back_to_start()}
      </button>
    </Notice>
  );
}
