import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { m } from "@/messages/messages";
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
        <Panel title={m.connect_redirecting_title()} busy>
          <p>{m.connect_redirecting_reason()}</p>
        </Panel>
      );
    case "waiting":
      return (
        <Panel title={m.connect_waiting_title()} busy>
          <p>{m.connect_waiting_explanation()}</p>
          <div className="actions">
            <button type="button" className="button" onClick={openAgain}>
              {m.connect_open_again()}
            </button>
            <button type="button" className="button button-quiet" onClick={giveUp}>
              {m.connect_cancel()}
            </button>
          </div>
        </Panel>
      );
    case "window_closed":
      return (
        <Panel title={m.connect_window_closed_title()}>
          <p>{m.connect_window_closed_explanation()}</p>
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
              {m.connect_close()}
            </button>
          </div>
        </Panel>
      );
    case "cancelled":
      return (
        <Panel title={m.connect_cancelled_title()}>
          <p>{m.connect_cancelled_explanation()}</p>
          <Again
            label={m.connect_try_again()}
            leave={m.connect_close()}
            onAgain={startAgain}
            onGiveUp={giveUp}
          />
        </Panel>
      );
    case "failed":
      return (
        <Panel title={m.connect_failed_title()}>
          <p>{m.connect_failed_explanation()}</p>
          <Again leave={m.connect_close()} onAgain={startAgain} onGiveUp={giveUp} />
        </Panel>
      );
    case "timed_out":
      return (
        <Panel title={m.connect_timed_out_title()}>
          <p>{m.connect_timed_out_explanation()}</p>
          <NeverCameBack />
          <Again leave={m.connect_close()} onAgain={startAgain} onGiveUp={giveUp} />
        </Panel>
      );
  }
}

/** Upstash shows some errors on a page of its own and tells us nothing. */
function NeverCameBack() {
  return <p className="hint">{m.connect_unregistered_hint({ app: brand().name })}</p>;
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
      aria-label={m.connect_panel_name()}
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
        {props.label ?? m.connect_start_again()}
      </button>
      <button type="button" className="button button-quiet" onClick={props.onGiveUp}>
        {props.leave ?? m.connect_cancel()}
      </button>
    </div>
  );
}
