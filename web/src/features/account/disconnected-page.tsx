import type { LeftoverKey } from "@/shared/api/types";
import { LeftoverKeyList } from "@/shared/ui/leftover-key-list";
import { Notice } from "@/shared/ui/notice";
import { useSignOut } from "./api";
import "./leftover-notice.css";

/** After a disconnect: the one step that is left, which only the user can take. */
export function DisconnectedPage(props: { keys: LeftoverKey[]; endedGrants: number }) {
  const finish = useSignOut();
  return (
    <Notice title="Your account is disconnected">
      <p>We have destroyed our copy of your key. Your databases are untouched.</p>
      {props.endedGrants > 0 && (
        <p>
          {props.endedGrants === 1
            ? "One service that acted for you can no longer do so."
            : `${props.endedGrants} services that acted for you can no longer do so.`}
        </p>
      )}
      {props.keys.length > 0 && (
        <section className="leftover" aria-labelledby="leftover-heading">
          <h2 id="leftover-heading">One step is left for you</h2>
          <p>
            Upstash offers no way to delete a key on your behalf. Until you delete{" "}
            {keyWord(props.keys.length)} in the Upstash console,{" "}
            {props.keys.length === 1 ? "it stays" : "they stay"} valid there.
          </p>
          <p>In the Upstash console, open Account → API Keys and delete:</p>
          <LeftoverKeyList keys={props.keys} />
        </section>
      )}
      <button type="button" className="button" onClick={() => finish.mutate(false)}>
        Back to the start
      </button>
    </Notice>
  );
}

function keyWord(count: number): string {
  return count === 1 ? "this key" : "these keys";
}
