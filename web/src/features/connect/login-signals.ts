import { type RefObject, useEffect, useEffectEvent } from "react";
import { listen, type Notice } from "@/shared/connect/channel";
import { timing } from "@/shared/connect/timing";
import { type FlowState, isOpen } from "./connect-flow";

/** Passes on the notices of login windows. */
export function useLoginNotices(on: Record<Notice["type"], (attempt: string) => void>): void {
  const notify = useEffectEvent((type: Notice["type"], attempt: string) => on[type](attempt));
  useEffect(() => listen((notice) => notify(notice.type, notice.attempt)), []);
}

/** Checks the session whenever the user returns to this page. */
export function useCheckOnReturn(enabled: boolean, check: () => void): void {
  const onReturn = useEffectEvent(() => {
    if (document.visibilityState === "visible") check();
  });
  useEffect(() => {
    if (!enabled) return;
    const listener = () => onReturn();
    window.addEventListener("focus", listener);
    document.addEventListener("visibilitychange", listener);
    return () => {
      window.removeEventListener("focus", listener);
      document.removeEventListener("visibilitychange", listener);
    };
  }, [enabled]);
}

/** Polls the session after the login window seems closed. */
export function useSessionPoll(enabled: boolean, check: () => void): void {
  const onTick = useEffectEvent(check);
  useEffect(() => {
    if (!enabled) return;
    const timer = setInterval(() => onTick(), timing.sessionPoll);
    return () => clearInterval(timer);
  }, [enabled]);
}

/** Reports a login window that seems closed. */
export function useClosedWindow(
  enabled: boolean,
  popup: RefObject<Window | null>,
  onClosed: () => void,
): void {
  const report = useEffectEvent(onClosed);
  useEffect(() => {
    if (!enabled) return;
    const timer = setInterval(() => {
      if (popup.current?.closed) report();
    }, timing.windowPoll);
    return () => clearInterval(timer);
  }, [enabled, popup]);
}

/** Reports when the Back button restores this page from the browser's cache. */
export function useRestoredPage(enabled: boolean, onRestored: () => void): void {
  const report = useEffectEvent(onRestored);
  useEffect(() => {
    if (!enabled) return;
    const listener = (event: PageTransitionEvent) => {
      if (event.persisted) report();
    };
    window.addEventListener("pageshow", listener);
    return () => window.removeEventListener("pageshow", listener);
  }, [enabled]);
}

/** Reports an attempt that stays open longer than its limit. */
export function useAttemptLimit(state: FlowState, onLimit: () => void): void {
  const report = useEffectEvent(onLimit);
  const attempt = isOpen(state) ? state.attempt : null;
  useEffect(() => {
    if (attempt === null) return;
    const timer = setTimeout(() => report(), timing.attemptLimit);
    return () => clearTimeout(timer);
  }, [attempt]);
}
