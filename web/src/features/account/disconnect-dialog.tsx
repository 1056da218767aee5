import { useEffect, useId, useRef } from "react";
import { useLocation } from "wouter";
import { useGrants } from "@/shared/grants/api";
import { useConnection } from "@/shared/session/connection";
import { ProblemNotice } from "@/shared/ui/problem-notice";
import { useDisconnect } from "./api";
import "./disconnect-dialog.css";

/** Says what disconnecting does, and what it cannot do, before it is done. */
export function DisconnectDialog(props: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const { email, key_name } = useConnection();
  const [, navigate] = useLocation();
  // A list that cannot be read keeps nobody from disconnecting; the answer says how many it were.
  const services = useGrants().data?.filter(({ state }) => state !== "revoked").length ?? 0;
  const disconnect = useDisconnect(() => navigate("/"));

  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  return (
    <dialog ref={dialog} className="disconnect" aria-labelledby={heading} onClose={props.onClose}>
      <h2 id={heading}>Disconnect {email}?</h2>
      <ul>
        <li>We destroy our copy of the key and end your sessions here.</li>
        {services > 0 && (
          <li>
            {services === 1 ? "One service loses" : `${services} services lose`} access: what you allowed ends
            for good, and connecting again does not bring it back.
          </li>
        )}
        <li>Your databases stay in your Upstash account, and so does your data.</li>
        <li>
          Upstash offers no way to delete a key for you. The key <code>{key_name}</code> stays valid until you
          delete it in the Upstash console; we show you how next.
        </li>
      </ul>
      {disconnect.error !== null && <ProblemNotice error={disconnect.error} />}
      <div className="actions">
        <button
          type="button"
          className="button button-danger"
          aria-disabled={disconnect.isPending}
          onClick={() => disconnect.isPending || disconnect.mutate()}
        >
          {disconnect.isPending ? "Disconnecting…" : "Disconnect"}
        </button>
        <button type="button" className="button button-quiet" onClick={() => dialog.current?.close()}>
          Keep connected
        </button>
      </div>
    </dialog>
  );
}
