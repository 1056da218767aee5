import { ParaglideMessage } from "@inlang/paraglide-js-react";
import { CircleCheck } from "lucide-react";
import { m } from "@/messages/messages";
import { Notice } from "@/shared/page/notice";
import { Countdown } from "@/shared/ui/countdown";
import { Skeleton } from "@/shared/ui/skeleton";
import { FailedView } from "./failed-view";
import styles from "./login-window.module.css";
import { MismatchView } from "./mismatch-view";
import { ProblemView } from "./problem-view";
import { useFinish } from "./use-finish";
import { homeOf, type WindowContext } from "./window-context";

/** Where Upstash sends the user back to. */
export function CallbackPage() {
  const { view, context, post, keep } = useFinish();
  // One key per view, so that each new heading is announced as a page of its own.
  return (
    <div key={view.name} role="status">
      {view.name === "working" && (
        <Notice title={m.login_working_title()}>
          <Skeleton label={m.login_working_label()} lines={2} />
        </Notice>
      )}
      {view.name === "connected" && <ConnectedView email={view.email} context={context} />}
      {view.name === "waiting" && (
        <Notice title={m.login_waiting_title()}>
          <p>{m.login_waiting_explanation()}</p>
          <Countdown
            key={view.round}
            seconds={view.seconds}
            label={m.login_waiting_countdown()}
            onZero={() => post()}
          />
          <progress aria-label={m.login_waiting_label()} />
        </Notice>
      )}
      {view.name === "mismatch" && (
        <MismatchView
          connected={view.connected}
          loggedIn={view.loggedIn}
          onSwitch={() => post(true)}
          onKeep={keep}
        />
      )}
      {view.name === "problem" && (
        <ProblemView
          problem={view.problem}
          context={context}
          {...(view.repeat ? { onRepeat: () => post() } : {})}
        />
      )}
      {view.name === "failed" && <FailedView reason={view.reason} context={context} />}
    </div>
  );
}

function ConnectedView(props: { email: string; context: WindowContext }) {
  return (
    <Notice title={m.login_connected_title()}>
      <p className={styles.loginSuccess}>
        <CircleCheck aria-hidden="true" /> {props.email}
      </p>
      {props.context.mode === "window" && (
        <p>
          <ParaglideMessage
            message={m.login_connected_window}
            markup={{ link: ({ children }) => <a href={homeOf(props.context)}>{children}</a> }}
          />
        </p>
      )}
    </Notice>
  );
}
