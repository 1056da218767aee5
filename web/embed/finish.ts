import { announce } from "./channel.ts";
import { recall, remember } from "./memory.ts";

/** How long a window may take to close, in milliseconds. A browser may refuse. */
const closing = 400;

export interface FinishOptions {
  /** Where the user continues when there is no window to close; a path of your page. */
  next?: string;
}

/** Ends the return page: tells the waiting tab to read the session's state, and closes the window. */
export function finish({ next }: FinishOptions = {}): void {
  const id = new URLSearchParams(location.search).get("connect_session");
  if (id) announce(id);
  const target = next === undefined ? undefined : new URL(next, location.href);
  const proceed = () => {
    if (target?.origin === location.origin) location.replace(target);
  };
  const waiting = recall();
  // The history may still have the return page of an earlier session, which is not the end of this one.
  if (waiting?.sameTab && (!id || waiting.id === id)) {
    // The page behind `next` reads the state and fires the events.
    remember({ ...waiting, sameTab: false });
    proceed();
    return;
  }
  window.close();
  setTimeout(proceed, closing);
}
