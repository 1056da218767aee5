import { useQuery } from "@tanstack/react-query";
import { useEffect, useEffectEvent } from "react";
import { isSignOut } from "@/shared/session/returning";
import { sessionQuery } from "@/shared/session/session";

const minute = 60_000;
const longestUnseen = 5 * minute;

/** Why credentials are not left on a page: the session ends, or nobody has seen the page for a while. */
export type Unattended = "session" | "unseen";

/**
 * Calls onUnattended when credentials that were revealed at this time should not stay on the page. The time is
 * undefined while none are revealed.
 */
export function useUnattended(revealedAt: number | undefined, onUnattended: (why: Unattended) => void): void {
  const end = useSessionEnd(revealedAt);
  const call = useEffectEvent(onUnattended);

  useEffect(() => {
    if (revealedAt === undefined) return;
    let unseenSince = document.hidden ? Date.now() : undefined;

    const check = () => {
      if (Date.now() >= end) call("session");
      else if (unseenSince !== undefined && Date.now() - unseenSince >= longestUnseen) call("unseen");
    };
    const onVisibility = () => {
      check(); // no timer runs while the computer sleeps
      unseenSince = document.hidden ? Date.now() : undefined;
    };
    const onStorage = (event: StorageEvent) => isSignOut(event) && call("session");

    // The clock is read again and again, because a timer of many hours stands still while the computer sleeps.
    const timer = setInterval(check, minute / 6);
    document.addEventListener("visibilitychange", onVisibility);
    window.addEventListener("storage", onStorage);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", onVisibility);
      window.removeEventListener("storage", onStorage);
    };
  }, [revealedAt, end]);
}

/**
 * When the session ends, as far as this page knows. The reveal has extended the idle time; later calls extend it too,
 * so the session may last longer. An end before the reveal means that the clocks of page and server differ: it is
 * ignored.
 */
function useSessionEnd(revealedAt = 0): number {
  const { data, dataUpdatedAt: readAt } = useQuery({ ...sessionQuery, enabled: false });
  if (data?.kind !== "connected") return Number.POSITIVE_INFINITY;

  const idle = Date.parse(data.session.idle_until);
  const ends = [Math.max(idle, idle - readAt + revealedAt), Date.parse(data.session.expires_at)];
  return Math.min(...ends.filter((end) => end > revealedAt));
}
