import { useEffect, useState } from "react";

/** How often in a row a request is retried automatically, before the page gives up. */
const mostRounds = 5;

export interface BoundedRefetch {
  /** For a button: asks at once, and lets the rounds begin anew. */
  now: () => void;
  /** For the end of a wait the server named; null when enough rounds were in vain. */
  waited: (() => void) | null;
}

/** Bounds how often a read is repeated without being asked to. `fine` is whether the last one worked. */
export function useBoundedRefetch(fine: boolean, read: () => void): BoundedRefetch {
  const [rounds, setRounds] = useState(0);

  useEffect(() => {
    if (fine) setRounds(0);
  }, [fine]);

  const ask = (round: number) => {
    setRounds(round);
    read();
  };
  return { now: () => ask(0), waited: rounds < mostRounds ? () => ask(rounds + 1) : null };
}
