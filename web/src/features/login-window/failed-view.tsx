import { Notice } from "@/shared/page/notice";
import { LeaveButton } from "./leave-button";
import type { FailureReason } from "./redeem";
import { startOver, type WindowContext } from "./window-context";

const words: Readonly<Record<FailureReason, { title: string; text: string; again: string }>> = {
  cancelled: {
    title: "You cancelled the login",
    text: "Nothing changed in your Upstash account, and nothing was stored here.",
    again: "Try again",
  },
  stale: {
    title: "This login is invalid or has expired",
    text: "It was already used, is too old, or was started in another browser. Start the login again.",
    again: "Start again",
  },
  refused: {
    title: "The login failed",
    text: "Upstash returned an invalid response. Nothing was stored here.",
    again: "Start again",
  },
  unreachable: {
    title: "Upstash login is not responding",
    text: "Upstash did not respond to the last step of the login. Check your network connection, then start again.",
    again: "Start again",
  },
};

/** A login that ended before our server heard of it. */
export function FailedView(props: { reason: FailureReason; context: WindowContext }) {
  const { title, text, again } = words[props.reason];
  return (
    <Notice title={title}>
      <p>{text}</p>
      <div className="actions">
        <button type="button" className="button button-primary" onClick={() => startOver(props.context)}>
          {again}
        </button>
        <LeaveButton context={props.context} />
      </div>
    </Notice>
  );
}
