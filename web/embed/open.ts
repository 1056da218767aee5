import { recall, remember, type Waiting } from "./memory.ts";
import type { ConnectHandle, ConnectSession, Listener, OpenOptions } from "./types.ts";
import { watch } from "./watch.ts";

const features = "popup,width=520,height=720";

/**
 * Opens a connect session in a window of its own. Call it in the handler of a click: browsers open windows only there.
 * When no window opens, the session opens in this tab.
 */
export function open(options: OpenOptions): ConnectHandle {
  const { url, id, statusToken, onEvent } = options;
  let stop = () => {};
  let closed = false;
  remember(undefined); // the window that opens gets a copy of what is stored
  // Before anything is awaited: afterwards, Safari does not count it as a part of the click.
  const opened = window.open("about:blank", "", features);
  if (opened) opened.opener = null; // the page that opens there must not steer this one

  const fail = () => {
    opened?.close();
    if (!closed) onEvent({ type: "failed", id: "", reason: "session" });
  };

  const begin = (session: ConnectSession) => {
    if (!/^https?:/i.test(session.url)) return fail(); // javascript: would run in this page
    const waiting: Waiting = {
      id: session.id,
      token: session.statusToken,
      status: statusAddress(session),
      sameTab: opened === null,
    };
    if (opened?.closed) {
      // Our own blank page, which no isolation affects: the user closed it before anything was there.
      onEvent({ type: "closed", id: session.id });
      return;
    }
    remember(waiting);
    if (opened === null) {
      // The browser may keep this page as it is and show it again when the user goes back.
      addEventListener("pageshow", ({ persisted }) => {
        if (!persisted || closed) return;
        stop();
        stop = follow(waiting, onEvent);
      });
      location.assign(session.url);
      return;
    }
    opened.location.replace(session.url);
    stop = follow(waiting, onEvent);
  };

  if (options.session) {
    options
      .session()
      .then((session) => {
        if (closed) opened?.close();
        else begin(session);
      })
      .catch(fail);
  } else if (url && id && statusToken) {
    begin({ url, id, statusToken });
  } else {
    opened?.close();
    throw new TypeError("UpstashConnect.open needs url, id and statusToken, or session");
  }

  return {
    close() {
      closed = true;
      stop();
      remember(undefined);
    },
    detach() {
      closed = true;
      stop();
    },
    focus() {
      opened?.focus();
      return opened !== null;
    },
  };
}

/** Continues with the session that a reload interrupted; undefined if there is none. */
export function resume({ onEvent }: { onEvent: Listener }): ConnectHandle | undefined {
  const waiting = recall();
  if (waiting === undefined) return undefined;
  const stop = follow(waiting, onEvent);
  return {
    close() {
      stop();
      remember(undefined);
    },
    detach: stop,
    focus: () => false,
  };
}

/** Follows the session, and forgets it when it has ended. */
function follow(waiting: Waiting, onEvent: Listener): () => void {
  return watch(waiting, (event) => {
    if (event.type !== "approved" && event.type !== "database-selected") remember(undefined);
    onEvent(event);
  });
}

/** The server's API is next to the page of the invitation, also under a path. */
function statusAddress({ url, id }: ConnectSession): string {
  return new URL(`api/v1/connect-sessions/${encodeURIComponent(id)}`, url.split("#")[0]).href;
}
