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
  const one = remaining.length === 1;
  return (
    <Notice title="Your account is disconnected">
      <p>We destroyed our copy of your key. Your databases are unchanged.</p>
      {props.endedGrants > 0 && (
        <p>
          {props.endedGrants === 1
            ? "One service lost access to your account."
            : `${props.endedGrants} services lost access to your account.`}
        </p>
      )}
      {remaining.length > 0 && (
        <section className={styles.keys} aria-labelledby="leftover-heading">
          <h2 id="leftover-heading">One step left: delete {one ? "the key" : "the keys"} at Upstash</h2>
          <p>
            Upstash does not let us delete keys for you. {one ? "This key stays" : "These keys stay"} valid
            until you delete {one ? "it" : "them"}.
          </p>
          <p>In the Upstash console, open Account → API Keys and delete:</p>
          <LeftoverKeyList
            keys={remaining}
            onDeleted={(name) => {
              if (one) document.getElementById("content")?.focus();
              markDeleted(name);
            }}
          />
        </section>
      )}
      {props.keys.length > 0 && remaining.length === 0 && <p>Nothing is left to delete at Upstash.</p>}
      {finish.error !== null && <ProblemNotice error={finish.error} />}
      <button type="button" className="button" onClick={() => finish.mutate()}>
        Back to the start page
      </button>
    </Notice>
  );
}
