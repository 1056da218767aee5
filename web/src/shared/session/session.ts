import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, csrf, dataOf } from "@/shared/api/client";
import { ApiProblem } from "@/shared/api/problem";
import type { LeftoverKey, Session } from "@/shared/api/types";

/** Where this browser stands. Everything the page shows follows from it. */
export type SessionState =
  | { kind: "anonymous" }
  /** There was a session and the server no longer accepts it. */
  | { kind: "ended" }
  /** The session is good but the stored key is not, or is gone. */
  | { kind: "reconnect" }
  | { kind: "disconnected"; leftoverKeys: LeftoverKey[]; endedGrants: number }
  | { kind: "connected"; session: Session };

/** The session is itself a query: nothing renders until it is known. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ client, signal }) => readSession(client.getQueryData<SessionState>(["session"]), signal),
  staleTime: 30_000,
  gcTime: Number.POSITIVE_INFINITY,
});

/** Everything cached under this key belongs to the connected account and dies with the session. */
export const accountKey = "account";

async function readSession(before: SessionState | undefined, signal: AbortSignal): Promise<SessionState> {
  // optional: a browser without a session gets 204. A 401 would be an error in its console.
  const params = { ...csrf, query: { optional: true } };
  try {
    const session = await dataOf<Session | undefined>(api.GET("/session", { params, signal }));
    return session === undefined ? withoutSession(before) : standing(session);
  } catch (error) {
    if (!(error instanceof ApiProblem) || !error.endsSession) throw error;
    return withoutSession(before, error);
  }
}

function standing(session: Session): SessionState {
  switch (session.connection.state) {
    case "active":
    case "suspect":
      return { kind: "connected", session };
    case "reconnect_required":
      return { kind: "reconnect" };
    case "disconnected":
      return { kind: "disconnected", leftoverKeys: session.connection.leftover_keys, endedGrants: 0 };
    default:
      return { kind: "anonymous" };
  }
}

/** No session means "never connected" to a newcomer and "your session has ended" to everyone else. */
function withoutSession(before: SessionState | undefined, problem?: ApiProblem): SessionState {
  if (before?.kind === "disconnected") return before;
  if (problem?.code === "session_expired") return { kind: "ended" };
  return before === undefined || before.kind === "anonymous" ? { kind: "anonymous" } : { kind: "ended" };
}

/** Lets a problem met by any call change where we stand: an ended session, a refused key. */
export function noteProblem(client: QueryClient, error: unknown): void {
  if (!(error instanceof ApiProblem)) return;
  if (!error.endsSession && !error.asksToReconnect) return;
  client.setQueryData(sessionQuery.queryKey, (before): SessionState | undefined => {
    if (before?.kind !== "connected") return before;
    return error.endsSession ? { kind: "ended" } : { kind: "reconnect" };
  });
}

/** Puts a new standing in place and forgets what belonged to the account. */
export function leaveAccount(client: QueryClient, next: SessionState): void {
  client.setQueryData(sessionQuery.queryKey, next);
  client.removeQueries({ queryKey: [accountKey] });
}
