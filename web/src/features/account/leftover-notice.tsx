import { useConnection } from "@/shared/session/connection";
import { LeftoverKeyList } from "@/shared/ui/leftover-key-list";
import "./leftover-notice.css";

/** While connected: keys of earlier connections that we cannot delete. Folded, as nothing is on fire. */
export function LeftoverNotice() {
  const keys = useConnection().leftover_keys;
  if (keys.length === 0) return null;
  return (
    <details className="leftover-notice">
      <summary>
        {keys.length === 1 ? "One key" : `${keys.length} keys`} of an earlier connection can be deleted
      </summary>
      <div className="leftover">
        <p>
          We no longer use {keys.length === 1 ? "it" : "them"}, but Upstash offers no way to delete a key on
          your behalf. In the Upstash console, open Account → API Keys and delete:
        </p>
        <LeftoverKeyList keys={keys} />
      </div>
    </details>
  );
}
