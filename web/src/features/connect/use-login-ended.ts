import { useEffect, useEffectEvent, useRef } from "react";
import { useConnect } from "./connect-provider";

/** Calls onIdle when a login has ended, for the focus, which stood in the panel that is gone now. */
export function useLoginEnded(onIdle: () => void): void {
  const { name } = useConnect().state;
  const before = useRef(name);
  const call = useEffectEvent(onIdle);

  useEffect(() => {
    const ended = before.current !== "idle" && name === "idle";
    before.current = name;
    // A user who has moved on to another page stays there.
    if (ended && document.activeElement === document.body) call();
  }, [name]);
}
