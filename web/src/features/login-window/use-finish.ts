import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, csrf, dataOf } from "@/shared/api/client";
import { ApiProblem } from "@/shared/api/problem";
import type { Session } from "@/shared/api/types";
import { forgetAttempt } from "@/shared/connect/attempt";
import { broadcast } from "@/shared/connect/channel";
import { rememberFinishedLogin } from "@/shared/connect/finished-login";
import { timing } from "@/shared/connect/timing";
import { addressOf } from "@/shared/public-path";
import { configQuery } from "@/shared/session/config";
import { type FailureReason, type Login, LoginFailure, redeem } from "./redeem";
import { forgetWindow, recallWindow, returnToPage, type WindowContext } from "./window-context";

export type View =
  | { name: "working" }
  | { name: "connected"; email: string }
  | { name: "failed"; reason: FailureReason }
  /** The same account is being connected elsewhere; asked again after the wait. */
  | { name: "waiting"; seconds: number; round: number }
  | { name: "mismatch"; connected: string | undefined; loggedIn: string | undefined }
  /** repeat: the tokens are still held and the same post may be tried again. */
  | { name: "problem"; problem: ApiProblem; repeat: boolean };

interface Finish {
  view: View;
  context: WindowContext;
  /** Posts again, as it was or replacing the connected account. */
  post(replace?: boolean): void;
  /** Leaves the connected account as it is. */
  keep(): void;
}

const mostRounds = 12;

/** Finishes a login: redeems the callback, posts the token once, and leaves nothing of it behind. */
export function useFinish(): Finish {
  const client = useQueryClient();
  const [view, setView] = useState<View>({ name: "working" });
  const [context] = useState(recallWindow);
  const login = useRef<Login | null>(null);
  const replacing = useRef(false);
  const rounds = useRef(0);
  const begun = useRef(false);

  const drop = async () => {
    const held = login.current;
    login.current = null;
    await held?.forget();
  };

  /** Ends this login without a connection. The page behind stops waiting for it. */
  const end = async (view: View) => {
    await drop();
    const cancelled = view.name === "failed" && view.reason === "cancelled";
    broadcast({ type: cancelled ? "cancelled" : "failed", attempt: context.attempt ?? "" });
  };

  const succeed = async (session: Session) => {
    await drop();
    forgetWindow();
    if (context.attempt !== undefined) forgetAttempt(context.attempt);
    if (context.mode === "redirect" && context.forService !== undefined) {
      rememberFinishedLogin({ forService: context.forService, connection: session.connection.id });
    }
    broadcast({ type: "connected", attempt: context.attempt ?? "" });
    setView({ name: "connected", email: session.connection.email });
  };

  const post = async () => {
    const held = login.current;
    if (held === null) return;
    setView({ name: "working" });
    let session: Session;
    try {
      session = await held.post(replacing.current);
    } catch (error) {
      const next = await afterProblem(error, held, ++rounds.current);
      if (!holdsTokens(next)) await end(next);
      setView(next);
      return;
    }
    await succeed(session);
  };

  const begin = async (callbackUrl: string) => {
    try {
      const config = await client.ensureQueryData(configQuery);
      login.current = await redeem(config, callbackUrl);
    } catch (error) {
      const next = beforePost(error);
      await end(next);
      setView(next);
      return;
    }
    replacing.current = login.current.replace;
    await post();
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: a callback is redeemed once, whatever re-renders
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    const callbackUrl = window.location.href;
    // Before anything else: the code and the state leave the address bar and the history.
    window.history.replaceState(null, "", addressOf("/callback"));
    void begin(callbackUrl);
  }, []);

  const connected = view.name === "connected";
  useEffect(() => {
    if (!connected) return;
    const timer = setTimeout(() => returnToPage(context), context.mode === "window" ? timing.closeDelay : 0);
    return () => clearTimeout(timer);
  }, [connected, context]);

  return {
    view,
    context,
    post: (replace) => {
      if (replace === true) replacing.current = true;
      void post();
    },
    keep: () => {
      void drop().then(() => {
        forgetWindow();
        // The browser is connected, only not by this login; the page behind may look. Where a service asks, that is no
        // choice of an account: the user is asked for it there.
        const type = context.forService === undefined ? "connected" : "cancelled";
        broadcast({ type, attempt: context.attempt ?? "" });
        returnToPage(context);
      });
    },
  };
}

function beforePost(error: unknown): View {
  if (error instanceof LoginFailure) return { name: "failed", reason: error.reason };
  if (error instanceof ApiProblem) return { name: "problem", problem: error, repeat: false };
  return { name: "failed", reason: "refused" };
}

async function afterProblem(error: unknown, login: Login, round: number): Promise<View> {
  if (!(error instanceof ApiProblem)) return { name: "failed", reason: "refused" };
  if (error.code === "account_mismatch") {
    return { name: "mismatch", connected: await connectedEmail(), loggedIn: login.email };
  }
  if (error.code === "connect_in_progress" && round < mostRounds) {
    return { name: "waiting", seconds: error.retryAfter ?? 2, round };
  }
  const passing = error.status === 0 || error.status === 429 || error.status >= 500;
  return { name: "problem", problem: error, repeat: passing && error.code !== "mint_refused" };
}

function holdsTokens(view: View): boolean {
  return view.name === "waiting" || view.name === "mismatch" || (view.name === "problem" && view.repeat);
}

async function connectedEmail(): Promise<string | undefined> {
  try {
    return (await dataOf(api.GET("/session", { params: csrf })))?.connection.email;
  } catch {
    return undefined; // it only fills a sentence, which also reads without it
  }
}
