import { returnToPage, type WindowContext } from "./window-context";

/** Away from here: closes the log-in window, or leads back when the log-in took the whole page. */
export function WayBack(props: { context: WindowContext; alone?: boolean }) {
  return (
    <button
      type="button"
      className={props.alone === true ? "button" : "button button-quiet"}
      onClick={() => returnToPage(props.context)}
    >
      {props.context.mode === "window" ? "Close this window" : "Back"}
    </button>
  );
}
