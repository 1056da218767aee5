import { m } from "@/messages/messages";
import { returnToPage, type WindowContext } from "./window-context";

/** Away from here: closes the login window, or leads back when the login took the whole page. */
export function LeaveButton(props: { context: WindowContext; alone?: boolean }) {
  return (
    <button
      type="button"
      className={props.alone === true ? "button" : "button button-quiet"}
      onClick={() => returnToPage(props.context)}
    >
      {props.context.mode === "window" ? m.login_close_window() : m.login_back()}
    </button>
  );
}
