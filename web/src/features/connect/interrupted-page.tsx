import { Notice } from "@/shared/page/notice";
import { ConnectButton } from "./connect-button";
import { ConnectPanel } from "./connect-panel";

/** A connected account whose pages cannot be shown until its user logs in again. */
export function InterruptedPage(props: { kind: "ended" | "reconnect" }) {
  return props.kind === "ended" ? <EndedPage /> : <ReconnectPage />;
}

/** The session is over. Shown in place of everything, so that nothing keeps asking in a loop. */
function EndedPage() {
  return (
    <Notice title="Your session has ended">
      <p>Log in again to continue. Your databases and your connection have not changed.</p>
      <ConnectButton label="Log in again" />
      <ConnectPanel />
    </Notice>
  );
}

/** Upstash refused the stored key, for example because it was deleted in the console. */
function ReconnectPage() {
  return (
    <Notice title="Upstash no longer accepts the stored key">
      <p>
        The key may have been deleted in the Upstash console, or the account’s e-mail address has changed.
        Your databases are not affected. Connect again to replace the key.
      </p>
      <ConnectButton label="Reconnect" />
      <ConnectPanel />
    </Notice>
  );
}
