import { m } from "@/messages/messages";
import { Notice } from "@/shared/page/notice";
import { LeaveButton } from "./leave-button";
import type { FailureReason } from "./redeem";
import { startOver, type WindowContext } from "./window-context";

const words: Readonly<Record<FailureReason, Record<"title" | "text" | "again", () => string>>> = {
  cancelled: {
    title: m.login_cancelled_title,
    text: m.login_cancelled_explanation,
    again: m.login_try_again,
  },
  stale: {
    title: m.login_stale_title,
    text: m.login_stale_explanation,
    again: m.login_start_again,
  },
  refused: {
    title: m.login_refused_title,
    text: m.login_refused_explanation,
    again: m.login_start_again,
  },
  unreachable: {
    title: m.login_unreachable_title,
    text: m.login_unreachable_explanation,
    again: m.login_start_again,
  },
};

/** A login that ended before our server heard of it. */
export function FailedView(props: { reason: FailureReason; context: WindowContext }) {
  const { title, text, again } = words[props.reason];
  return (
    <Notice title={title()}>
      <p>{text()}</p>
      <div className="actions">
        <button type="button" className="button button-primary" onClick={() => startOver(props.context)}>
          {again()}
        </button>
        <LeaveButton context={props.context} />
      </div>
    </Notice>
  );
}
