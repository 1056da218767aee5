import { Notice } from "@/shared/ui/notice";
import { LeaveButton } from "./leave-button";
import type { FailureReason } from "./redeem";
import { startOver, type WindowContext } from "./window-context";

const words: Readonly<Record<FailureReason, { title: string; text: string; again: string }>> = {
  cancelled: {
    title: "You cancelled the login",
    text: "Nothing was changed in your Upstash account, and nothing was kept here.",
    again: "Try again",
  },
  stale: {
    title: "This login is not one we know",
    text: "It was used already, is too old, or was begun in another browser. Starting again takes a moment.",
    again: "Start again",
  },
  refused: {
    title: "The login could not be finished",
    text: "Upstash sent back something other than a finished login. Nothing was kept here.",
    again: "Start again",
  },
  unreachable: {
    title: "The Upstash login does not answer",
    text: "The last step of the login got no answer. Check your network connection, then start again.",
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
