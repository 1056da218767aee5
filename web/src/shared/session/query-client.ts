import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiProblem, unreachable } from "@/shared/api/problem";
import { noteProblem } from "./session";

/** The cache of server state, with the one rule that any call's refusal can end the session on screen. */
export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: (error) => noteProblem(client, error) }),
    mutationCache: new MutationCache({ onError: (error) => noteProblem(client, error) }),
    defaultOptions: {
      queries: { retry: worthRepeating, retryDelay: (failures) => 400 * 2 ** failures },
      // fetch itself reports a missing network; waiting silently is worse.
      mutations: { networkMode: "always" },
    },
  });
  return client;
}

/**
 * Only a read that may have met a passing fault is repeated at once. What carries Retry-After is shown with its
 * wait instead, and a 4xx would only be refused again.
 */
function worthRepeating(failures: number, error: Error): boolean {
  if (!(error instanceof ApiProblem) || failures >= 2) return false;
  return error.retryAfter === undefined && (error.code === unreachable || error.status === 502);
}
