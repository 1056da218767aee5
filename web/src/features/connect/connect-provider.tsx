import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useMemo, useReducer, useRef } from "react";
import { type Attempt, rememberAttempt } from "@/shared/connect/attempt";
import { isStrictThirdParty } from "@/shared/connect/third-party-client";
import { configQuery } from "@/shared/session/config";
import { recallDeparture } from "@/shared/session/departure";
import { type SessionState, sessionQuery } from "@/shared/session/session";
import { type FlowState, idle, nextState } from "./connect-flow";
import {
  useAttemptLimit,
  useCheckOnReturn,
  useClosedWindow,
  useLoginNotices,
  useRestoredPage,
  useSessionPoll,
} from "./login-signals";
import { leaveForLogin, openLoginWindow } from "./login-window-handle";

interface StartOptions {
  /** Replace the connected account with another. */
  anotherAccount?: boolean;
  /** Ask who it is, even if Upstash remembers. */
  promptLogin?: boolean;
  /** Let the user authenticate again, although this browser is connected. */
  freshLogin?: boolean;
  /** The e-mail address that the login page is to offer. */
  loginHint?: string;
  /** The connect session of a service that the login is for. */
  forService?: string;
}

interface Connect {
  state: FlowState;
  /** Opens the login window. Call it directly from a click. */
  start(options?: StartOptions): void;
  /** Starts a new attempt with the options of the last start. */
  startAgain(): void;
  /** Brings back the login window of the current attempt. */
  openAgain(): void;
  giveUp(): void;
}

const ConnectContext = createContext<Connect | null>(null);

/** Runs the page's side of a login: opens the window, listens, and reads the resulting session. */
export function ConnectProvider(props: {
  children: ReactNode;
  onConnected?: (email: string) => void;
  /** The login that this page started has succeeded. onConnected also reports an account that another tab connected. */
  onLoggedIn?: () => void;
}) {
  const { onConnected, onLoggedIn } = props;
  const client = useQueryClient();
  const [state, dispatch] = useReducer(nextState, idle);
  const attempt = useRef<Attempt | null>(null);
  const popup = useRef<Window | null>(null);
  /** The options of the last start. */
  const asked = useRef<StartOptions>({});
  /** The connection when the flow began: reading the same one again proves nothing. */
  const before = useRef<string | null>(null);
  const running = !["idle", "redirecting", "unsupported"].includes(state.name);

  const checkSession = useCallback(
    async (confirmed: boolean) => {
      // A read in progress may have begun before the login finished, so it is cancelled, not shared.
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey, refetchType: "all" });
      const now = client.getQueryData(sessionQuery.queryKey);
      if (now?.kind !== "connected" || attempt.current === null) return;
      if (!confirmed && now.session.connection.id === before.current) return;
      attempt.current = null;
      dispatch({ type: "connected" });
      onConnected?.(now.session.connection.email);
      if (confirmed) onLoggedIn?.();
    },
    [client, onConnected, onLoggedIn],
  );

  useLoginNotices({
    connected: (id) => void checkSession(id === attempt.current?.id),
    cancelled: (id) => dispatch({ type: "cancelled_at_provider", attempt: id }),
    failed: (id) => dispatch({ type: "failed_in_window", attempt: id }),
  });
  useCheckOnReturn(running, () => void checkSession(false));
  useClosedWindow(state.name === "waiting", popup, () => dispatch({ type: "window_seems_closed" }));
  useSessionPoll(state.name === "window_closed", () => void checkSession(false));
  useRestoredPage(state.name === "redirecting", () => dispatch({ type: "given_up" }));
  useAttemptLimit(state, () => dispatch({ type: "limit_reached" }));

  const open = useCallback((next: Attempt) => {
    attempt.current = next;
    popup.current = openLoginWindow(next);
    if (popup.current === null) {
      dispatch({ type: "blocked" });
      leaveForLogin(next);
      return;
    }
    dispatch({ type: "started", attempt: next.id });
  }, []);

  const begin = useCallback(
    (options: StartOptions) => {
      if (isStrictThirdParty(client.getQueryData(configQuery.queryKey))) {
        dispatch({ type: "strict_third_party" });
        return;
      }
      before.current = connectedAs(client.getQueryData(sessionQuery.queryKey));
      open(rememberAttempt(attemptFor(options)));
    },
    [client, open],
  );

  const connect = useMemo<Connect>(
    () => ({
      state,
      start: (options = {}) => {
        asked.current = options;
        begin(options);
      },
      startAgain: () => begin(asked.current),
      openAgain: () => {
        if (popup.current !== null && !popup.current.closed) popup.current.focus();
        else if (attempt.current !== null) open(attempt.current);
      },
      giveUp: () => {
        attempt.current = null;
        popup.current?.close();
        dispatch({ type: "given_up" });
      },
    }),
    [state, begin, open],
  );

  return <ConnectContext value={connect}>{props.children}</ConnectContext>;
}

/** The connect flow of this page. */
export function useConnect(): Connect {
  const connect = useContext(ConnectContext);
  if (connect === null) throw new Error("useConnect is used outside ConnectProvider");
  return connect;
}

function attemptFor({
  anotherAccount = false,
  promptLogin,
  freshLogin,
  loginHint,
  forService,
}: StartOptions): Partial<Attempt> {
  return {
    replace: anotherAccount,
    promptLogin: anotherAccount || promptLogin === true || recallDeparture() !== null,
    ...(freshLogin === true ? { freshLogin } : {}),
    ...(loginHint === undefined || loginHint === "" ? {} : { loginHint }),
    ...(forService === undefined ? {} : { forService }),
  };
}

function connectedAs(session: SessionState | undefined): string | null {
  return session?.kind === "connected" ? session.session.connection.id : null;
}
