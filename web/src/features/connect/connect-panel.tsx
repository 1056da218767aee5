import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { brand } from "@/shared/brand";
import { StrictThirdPartyReason, strictThirdPartyTitle } from "@/shared/connect/third-party-client";
import { configQuery } from "@/shared/session/config";
import styles from "./connect-panel.module.css";
import { useConnect } from "./connect-provider";

/** What the page says while, and after, the login window is open. Shows nothing when there is none. */
export function ConnectPanel() {
  const { state, startAgain, openAgain, giveUp } = useConnect();
  const { data: config } = useQuery(configQuery);

  switch (state.name) {
    case "idle":
      return null;
    case "redirecting":
      return (
        <Panel title="Taking you to Upstash…" busy>
          <p>Your browser blocked the login window, so the login opens on this page.</p>
        </Panel>
      );
    case "waiting":
      return (
        <Panel title="Waiting for you to log in at Upstash…" busy>
          <p>A window has opened for the login. This page continues automatically when you finish.</p>
          <div className="actions">
            <button type="button" className="button" onClick={openAgain}>
              Open again
            </button>
            <button type="button" className="button button-quiet" onClick={giveUp}>
              Cancel
            </button>
          </div>
        </Panel>
      );
    case "window_closed":
      return (
        <Panel title="Continue in the other window, or start again">
          <p>
            The login window seems to be closed. If it is still open, continue there: this page keeps
            checking.
          </p>
          <NeverCameBack />
          <Again onAgain={startAgain} onGiveUp={giveUp} />
        </Panel>
      );
    case "unsupported":
      return (
        <Panel title={strictThirdPartyTitle()}>
          {config !== undefined && <StrictThirdPartyReason config={config} />}
          <div className="actions">
            <button type="button" className="button" onClick={giveUp}>
              Close
            </button>
          </div>
        </Panel>
      );
    case "cancelled":
      return (
        <Panel title="You cancelled the login at Upstash">
          <p>Nothing was changed in your account.</p>
          <Again label="Try again" leave="Close" onAgain={startAgain} onGiveUp={giveUp} />
        </Panel>
      );
    case "failed":
      return (
        <Panel title="The login did not succeed">
          <p>The login window shows the reason. You can continue there or start again here.</p>
          <Again leave="Close" onAgain={startAgain} onGiveUp={giveUp} />
        </Panel>
      );
    case "timed_out":
      return (
        <Panel title="This took too long">
          <p>We stopped waiting after ten minutes. You can start again at any time.</p>
          <NeverCameBack />
          <Again leave="Close" onAgain={startAgain} onGiveUp={giveUp} />
        </Panel>
      );
  }
}

/** Upstash shows some errors on a page of its own and tells us nothing. */
function NeverCameBack() {
  const appName = brand().name;
  return (
    <p className="hint">
      Did the window show an error from Upstash? Then {appName} is not registered there for this address, and
      starting again will not help. Report the message to the operator of {appName}.
    </p>
  );
}

function Panel(props: { title: string; busy?: boolean; children: React.ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  // The button that was pressed is gone; without this the focus would fall back to the top of the page.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each title is another state
  useEffect(() => {
    heading.current?.focus();
  }, [props.title]);
  return (
    <section
      className={props.busy === true ? `${styles.connectPanel} ${styles.busy}` : styles.connectPanel}
      aria-label="Login at Upstash"
    >
      <div role="status">
        <h2 ref={heading} tabIndex={-1}>
          {props.busy === true && <span className="spinner" aria-hidden="true" />}
          {props.title}
        </h2>
      </div>
      {props.children}
    </section>
  );
}

function Again(props: { label?: string; leave?: string; onAgain: () => void; onGiveUp: () => void }) {
  return (
    <div className="actions">
      <button type="button" className="button button-primary" onClick={props.onAgain}>
        {props.label ?? "Start again"}
      </button>
      <button type="button" className="button button-quiet" onClick={props.onGiveUp}>
        {props.leave ?? "Cancel"}
      </button>
    </div>
  );
}
