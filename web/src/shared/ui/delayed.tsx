import { type ReactNode, useEffect, useState } from "react";
import { timing } from "@/shared/connect/timing";

/** Shows its children only if the wait is long enough to be noticed. */
export function Delayed(props: { children: ReactNode }) {
  const [due, setDue] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setDue(true), timing.skeletonDelay);
    return () => clearTimeout(timer);
  }, []);
  return due ? props.children : null;
}
