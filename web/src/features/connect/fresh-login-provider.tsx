import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { FreshLoginContext } from "@/shared/session/fresh-login";
import { FreshLoginDialog } from "./fresh-login-dialog";

/** Lets the calls below ask for a fresh login. Calls that ask at the same time share one dialog. */
export function FreshLoginProvider(props: { children: ReactNode }) {
  const [asking, setAsking] = useState(false);
  const waiting = useRef<((loggedIn: boolean) => void)[]>([]);

  const ask = useCallback(() => {
    setAsking(true);
    return new Promise<boolean>((resolve) => waiting.current.push(resolve));
  }, []);

  const end = useCallback((loggedIn: boolean) => {
    setAsking(false);
    for (const resolve of waiting.current.splice(0)) resolve(loggedIn);
  }, []);

  useEffect(() => () => end(false), [end]);

  return (
    <FreshLoginContext value={ask}>
      {props.children}
      {asking && <FreshLoginDialog onEnd={end} />}
    </FreshLoginContext>
  );
}
