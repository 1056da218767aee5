import { Notice } from "@/shared/ui/notice";
import type { FailureReason } from "./redeem";
import { WayBack } from "./way-back";
import { startOver, type WindowContext } from "./window-context";

const words: Readonly<Record<FailureReason, { title: string; text: string; again: string }>> = {
  cancelled: {
    title: "You cancelled the log-in",
    text: "Nothing was changed in your Upstash account, and nothing was kept here.",
    again: "Try again",
  },
  stale: {
    title: "This log-in is not one we know",
    text: "It was used already, is too old, or was begun in another browser. Starting again takes a moment.",
    again: "Start again",
  },
  refused: {
    title: "The log-in could not be finished",
    text: "Upstash sent back something other than a finished log-in. Nothing was kept here.",
    again: "Start again",
  },
  unreachable: {
    title: "The Upstash log-in does not answer",
    text: "The last step of the log-in got no answer. Check your network connection, then start again.",
    again: "Start again",
  },
};

/** A log-in that ended before our server heard of it. */
export function FailedView(props: { reason: FailureReason; context: WindowContext }) {
  const { title, text, again } = words[props.reason];
  return (
    <Notice title={title}>
      <p>{text}</p>
      <div className="actions">
        <button type="button" className="button button-primary" onClick={() => startOver(props.context)}>
          {again}
        </button>
        <WayBack context={props.context} />
      </div>
    </Notice>
  );
}
