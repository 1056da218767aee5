import { Notice } from "@/shared/page/notice";

interface Props {
  connected: string | undefined;
  loggedIn: string | undefined;
  onSwitch: () => void;
  onKeep: () => void;
}

/** This browser is connected as someone else: never switched without asking. */
export function MismatchView({ connected, loggedIn, onSwitch, onKeep }: Props) {
  return (
    <Notice title="Switch to the other account?">
      <p>
        This browser is connected as <strong>{connected ?? "another account"}</strong>. You have just logged
        in at Upstash as <strong>{loggedIn ?? "a different account"}</strong>.
      </p>
      <div className="actions">
        <button type="button" className="button button-primary" onClick={onSwitch}>
          Switch to {loggedIn ?? "the other account"}
        </button>
        <button type="button" className="button" onClick={onKeep}>
          Stay signed in as {connected ?? "the current account"}
        </button>
      </div>
    </Notice>
  );
}
