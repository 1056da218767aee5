import { follow, offer, tell, unfollowed } from "./follow.ts";
import { forget, remember } from "./memory.ts";
import { checked, statusAddress } from "./session.ts";
import type { ConnectHandle, ConnectSession, Listener, OpenOptions } from "./types.ts";

const features = "popup,width=520,height=720";

/** How long a backend may take to open a session, in milliseconds. The user looks at a blank window meanwhile. */
export const sessionPatience = 30_000;

/**
 * Opens a connect session in a window of its own. Call it in the handler of a click: browsers open windows only there.
 * When no window opens, the session opens in this tab.
 */
export function open({ session, onEvent, ...known }: OpenOptions, endpoint?: string): ConnectHandle {
  const ready = session ? undefined : checked(known); // before a window opens, because it throws
  let pending = true;
  let cancelled = false;
  let detached = false;
  let stop = () => {};
  let id = "";

  remember(undefined); // the window that opens gets a copy of what is stored
  // Before anything is awaited: afterwards, Safari does not count it as a part of the click.
  const opened = window.open("about:blank", "", features);
  if (opened) opened.opener = null; // the page that opens there must not steer this one

  const begin = (found: ConnectSession) => {
    pending = false;
    id = found.id;
    const waiting = {
      id,
      token: found.statusToken,
      status: statusAddress(found),
      since: Date.now(),
      sameTab: opened === null,
      endpoint,
    };
    remember(waiting);
    if (opened) opened.location.replace(found.url);
    else location.assign(found.url);
    if (detached) offer();
    else stop = follow(waiting, onEvent);
  };

  const answered = (found: ConnectSession) => {
    if (cancelled) return;
    // The only look at the window, while it has our own blank page, which nothing isolates. When the user closed it
    // there, the server never hears of it, and nobody can use the invitation any more.
    if (!opened?.closed) begin(found);
    else if (!detached) tell(onEvent, { type: "closed", id: found.id });
  };

  const fail = () => {
    if (cancelled) return;
    opened?.close();
    if (!detached) tell(onEvent, { type: "failed", id: "", reason: "session" });
  };

  if (ready) begin(ready);
  if (session) {
    // When the user leaves the page, nothing is left that could fill the blank window.
    const closeBlank = () => opened?.close();
    addEventListener("pagehide", closeBlank);
    const arrived = () => removeEventListener("pagehide", closeBlank);
    inTime(session).then(checked).finally(arrived).then(answered, fail);
  }

  return {
    close() {
      cancelled = true;
      if (pending) opened?.close();
      stop();
      forget(id);
    },
    detach() {
      detached = true;
      stop();
      queueMicrotask(offer);
    },
    focus() {
      opened?.focus();
      return opened !== null;
    },
  };
}

/** Calls the backend. A call that takes too long fails, and what it returns later has no effect. */
function inTime(session: () => Promise<ConnectSession>): Promise<ConnectSession> {
  return new Promise<ConnectSession>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the call of session takes too long")), sessionPatience);
    const call = new Promise<ConnectSession>((settle) => settle(session()));
    call.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Continues with the session that a reload interrupted, unless something on this page continues it already. */
export function resume({ onEvent }: { onEvent: Listener }): ConnectHandle | undefined {
  const waiting = unfollowed();
  if (waiting === undefined) return undefined;
  const stop = follow(waiting, onEvent);
  return {
    close() {
      stop();
      forget(waiting.id);
    },
    detach() {
      stop();
      queueMicrotask(offer);
    },
    focus: () => false,
  };
}
