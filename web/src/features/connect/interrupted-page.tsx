import { m } from "@/messages/messages";
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
    <Notice title={m.connect_ended_title()}>
      <p>{m.connect_ended_explanation()}</p>
      <ConnectButton label={m.connect_ended_button()} />
      <ConnectPanel />
    </Notice>
  );
}

/** Upstash refused the stored key, for example because it was deleted in the console. */
function ReconnectPage() {
  return (
    <Notice title={m.connect_key_refused_title()}>
      <p>{m.connect_key_refused_explanation()}</p>
      <ConnectButton label={m.connect_key_refused_button()} />
      <ConnectPanel />
    </Notice>
  );
}
