import { returnToPage, type WindowContext } from "./window-context";

/** Away from here: closes the log-in window, or leads back when the log-in took the whole page. */
export function WayBack(props: { context: WindowContext }) {
  return (
    <button type="button" className="button button-quiet" onClick={() => returnToPage(props.context)}>
      {props.context.mode === "window" ? "Close this window" : "Back"}
    </button>
  );
}
