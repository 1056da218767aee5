import { createContext, useCallback, useContext } from "react";
import { ApiProblem } from "@/shared/api/problem";

/**
 * Asks the user to log in again, and reports whether they did, with the same account. Without a provider nobody is
 * asked, and the caller sees the problem.
 */
export const FreshLoginContext = createContext<() => Promise<boolean>>(async () => false);

/**
 * Runs calls that need a recent login. When the server rejects one because the login is too old, the user is asked to
 * log in, and the call is sent once more. It throws the server's problem if they do not, or if it is rejected again.
 */
export function useFreshLogin(): <T>(call: () => Promise<T>) => Promise<T> {
  const ask = useContext(FreshLoginContext);
  return useCallback(
    async (call) => {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof ApiProblem) || !error.asksForFreshLogin || !(await ask())) throw error;
        return await call();
      }
    },
    [ask],
  );
}
