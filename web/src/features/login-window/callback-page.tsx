import { CircleCheck } from "lucide-react";
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
        <Notice title="Connecting your account…">
          <Skeleton label="Connecting" lines={2} />
        </Notice>
      )}
      {view.name === "connected" && <ConnectedView email={view.email} context={context} />}
      {view.name === "waiting" && (
        <Notice title="Almost there">
          <p>Another window or tab is connecting your account. This page checks again automatically.</p>
          <Countdown
            key={view.round}
            seconds={view.seconds}
            label="Checking again in"
            onZero={() => post()}
          />
          <progress aria-label="Waiting" />
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
    <Notice title="Your account is connected">
      <p className={styles.loginSuccess}>
        <CircleCheck aria-hidden="true" /> {props.email}
      </p>
      {props.context.mode === "window" && (
        <p>
          This window closes automatically. If it stays open, close it or{" "}
          <a href={homeOf(props.context)}>continue here</a>.
        </p>
      )}
    </Notice>
  );
}
