import { ParaglideMessage } from "@inlang/paraglide-js-react";
import type { ReactNode } from "react";
import { m } from "@/messages/messages";
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
    <Notice title={m.login_mismatch_title()}>
      <p>
        {connected === undefined ? (
          <ParaglideMessage message={m.login_mismatch_connected_unknown} markup={{ account: Account }} />
        ) : (
          <ParaglideMessage
            message={m.login_mismatch_connected}
            inputs={{ email: connected }}
            markup={{ account: Account }}
          />
        )}{" "}
        {loggedIn === undefined ? (
          <ParaglideMessage message={m.login_mismatch_logged_in_unknown} markup={{ account: Account }} />
        ) : (
          <ParaglideMessage
            message={m.login_mismatch_logged_in}
            inputs={{ email: loggedIn }}
            markup={{ account: Account }}
          />
        )}
      </p>
      <div className="actions">
        <button type="button" className="button button-primary" onClick={onSwitch}>
          {loggedIn === undefined
            ? m.login_mismatch_switch_unknown()
            : m.login_mismatch_switch({ email: loggedIn })}
        </button>
        <button type="button" className="button" onClick={onKeep}>
          {connected === undefined
            ? m.login_mismatch_stay_unknown()
            : m.login_mismatch_stay({ email: connected })}
        </button>
      </div>
    </Notice>
  );
}

function Account({ children }: { children?: ReactNode }) {
  return <strong>{children}</strong>;
}
