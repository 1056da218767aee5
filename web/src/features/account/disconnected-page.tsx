import { m } from "@/messages/messages";
import type { LeftoverKey } from "@/shared/api/types";
import { LeftoverKeyList } from "@/shared/keys/leftover-key-list";
import { isCertain, useRemainingKeys } from "@/shared/keys/remaining-keys";
import { Notice } from "@/shared/page/notice";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useFinishDisconnect } from "./api";
import styles from "./leftover-keys.module.css";

/** Shown after a disconnect, with the keys that only the user can delete. */
export function DisconnectedPage(props: { keys: LeftoverKey[]; endedGrants: number }) {
  const finish = useFinishDisconnect();
  const { remaining, takeOff } = useRemainingKeys(props.keys);
  const count = remaining.length;
  const certain = remaining.every(isCertain);
  return (
    <Notice title={m.account_disconnected_title()}>
      <p>{m.account_disconnected_explanation()}</p>
      {props.endedGrants > 0 && <p>{m.account_disconnected_services({ count: props.endedGrants })}</p>}
      {count > 0 && (
        <section className={styles.keys} aria-labelledby="leftover-heading">
          <h2 id="leftover-heading">
            {certain ? m.account_keys_title({ count }) : m.account_keys_check_title()}
          </h2>
          <p>{certain ? m.account_keys_reason({ count }) : m.account_keys_check_reason()}</p>
          <p>{certain ? m.account_keys_instruction() : m.account_keys_check_instruction({ count })}</p>
          <LeftoverKeyList
            keys={remaining}
            onTakeOff={(key) => {
              if (count === 1) document.getElementById("content")?.focus();
              takeOff(key);
            }}
          />
        </section>
      )}
      {props.keys.length > 0 && count === 0 && <p>{m.account_keys_none_left()}</p>}
      {finish.error !== null && <ProblemNotice error={finish.error} />}
      <button type="button" className="button" onClick={() => finish.mutate()}>
        {m.account_back_to_start()}
      </button>
    </Notice>
  );
}
