import { forget, recall, type Waiting } from "./memory.ts";
import { type ConnectEvent, isFinal, type Listener } from "./types.ts";
import { watch } from "./watch.ts";

/** The sessions that something on this page follows. */
const followed = new Set<string>();

/** Follows the session, and forgets it when it has ended. Returns how to stop. */
export function follow(waiting: Waiting, listener: Listener): () => void {
  const { id } = waiting;
  followed.add(id);
  const stop = watch(waiting, (event) => {
    if (isFinal(event.type)) {
      followed.delete(id);
      forget(id);
    }
    tell(listener, event);
  });
  return () => {
    stop();
    followed.delete(id);
  };
}

/** Returns the session that this tab remembers, unless something on this page follows it already. */
export function unfollowed(): Waiting | undefined {
  const waiting = recall();
  return waiting && !followed.has(waiting.id) ? waiting : undefined;
}

/** An exception of the listener is the page's own: it surfaces as an uncaught error, and changes nothing here. */
export function tell(listener: Listener, event: ConnectEvent): void {
  try {
    listener(event);
  } catch (fault) {
    reportError(fault);
  }
}

/** Continues the session. `own`: only if the user started it at the taker's own endpoint. */
export type Taker = (waiting: Waiting, own: boolean) => void;

const takers = new Set<Taker>();

/** Registers a button that can continue a session. Returns how to withdraw it. */
export function standBy(taker: Taker): () => void {
  takers.add(taker);
  return () => takers.delete(taker);
}

/** Lets one button continue the session that nothing on this page follows: one of its endpoint, or else the first. */
export function offer(): void {
  for (const own of [true, false]) {
    for (const take of takers) {
      const waiting = unfollowed();
      if (waiting) take(waiting, own);
    }
  }
}
