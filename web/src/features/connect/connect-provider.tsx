import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useReducer,
  useRef,
} from "react";
import { type Attempt, rememberAttempt } from "@/shared/connect/attempt";
import { listen } from "@/shared/connect/channel";
import { isStrictClient } from "@/shared/connect/strict-client";
import { timing } from "@/shared/connect/timing";
import { configQuery } from "@/shared/session/config";
import { hasDeparted } from "@/shared/session/departure";
import { type SessionState, sessionQuery } from "@/shared/session/session";
import { type FlowState, idle, isOpen, nextState } from "./connect-flow";
import { leaveForLogin, openLoginWindow } from "./login-window-handle";

interface StartOptions {
  /** Connect another account in place of the present one. */
  anotherAccount?: boolean;
  /** Ask who it is, even if Upstash remembers. */
  promptLogin?: boolean;
  /** The e-mail address that the login page is to offer. */
  loginHint?: string;
  /** The connect session of a service that the login is for. */
  forService?: string;
}

interface Connect {
  state: FlowState;
  /** Opens the login window; to be called straight from a click. */
  start(options?: StartOptions): void;
  /** Starts afresh with the options of the last start. */
  startAgain(): void;
  /** Brings the login window of the present attempt back. */
  openAgain(): void;
  giveUp(): void;
}

const ConnectContext = createContext<Connect | null>(null);

/** Runs the page's side of a login: opens the window, listens, and asks the server what became of it. */
export function ConnectProvider(props: {
  children: ReactNode;
  onConnected?: (email: string) => void;
  /** The very login that was begun here has succeeded; onConnected also reports an account that another tab connected. */
  onLoggedIn?: () => void;
}) {
  const { onConnected, onLoggedIn } = props;
  const client = useQueryClient();
  const [state, dispatch] = useReducer(nextState, idle);
  const attempt = useRef<Attempt | null>(null);
  const popup = useRef<Window | null>(null);
  /** What the last start asked for. */
  const asked = useRef<StartOptions>({});
  /** Whom this browser was connected as when the flow began: seeing the same again proves nothing. */
  const before = useRef<string | null>(null);
  const running = !["idle", "redirecting", "unsupported"].includes(state.name);

  const look = useCallback(
    async (confirmed: boolean) => {
      // Any read still under way may have begun before the login ended; it is cancelled, not shared.
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

  useEffect(
    () =>
      listen((notice) => {
        if (notice.type === "connected") void look(notice.attempt === attempt.current?.id);
        else dispatch({ type: "cancelled_at_provider", attempt: notice.attempt });
      }),
    [look],
  );

  useEffect(() => {
    if (!running) return;
    const onReturn = () => {
      if (document.visibilityState === "visible") void look(false);
    };
    window.addEventListener("focus", onReturn);
    document.addEventListener("visibilitychange", onReturn);
    return () => {
      window.removeEventListener("focus", onReturn);
      document.removeEventListener("visibilitychange", onReturn);
    };
  }, [running, look]);

  useEffect(() => {
    if (state.name !== "waiting") return;
    const timer = setInterval(() => {
      if (popup.current?.closed) dispatch({ type: "window_seems_closed" });
    }, timing.windowPoll);
    return () => clearInterval(timer);
  }, [state.name]);

  useEffect(() => {
    if (state.name !== "window_closed") return;
    const timer = setInterval(() => void look(false), timing.sessionPoll);
    return () => clearInterval(timer);
  }, [state.name, look]);

  useEffect(() => {
    if (state.name !== "redirecting") return;
    // Coming back with the Back button can restore this page as it was left.
    const onRestore = (event: PageTransitionEvent) => {
      if (event.persisted) dispatch({ type: "given_up" });
    };
    window.addEventListener("pageshow", onRestore);
    return () => window.removeEventListener("pageshow", onRestore);
  }, [state.name]);

  const openAttempt = isOpen(state) ? state.attempt : null;
  useEffect(() => {
    if (openAttempt === null) return;
    const timer = setTimeout(() => dispatch({ type: "limit_reached" }), timing.attemptLimit);
    return () => clearTimeout(timer);
  }, [openAttempt]);

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
      if (isStrictClient(client.getQueryData(configQuery.queryKey))) {
        dispatch({ type: "client_is_strict" });
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
  loginHint,
  forService,
}: StartOptions): Partial<Attempt> {
  return {
    replace: anotherAccount,
    promptLogin: anotherAccount || promptLogin === true || hasDeparted(),
    ...(loginHint === undefined || loginHint === "" ? {} : { loginHint }),
    ...(forService === undefined ? {} : { forService }),
  };
}

function connectedAs(session: SessionState | undefined): string | null {
  return session?.kind === "connected" ? session.session.connection.id : null;
}
