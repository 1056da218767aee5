import { listen } from "./channel.ts";
import type { Waiting } from "./memory.ts";
import { type ConnectEventType, type ConnectFailure, isFinal, type Listener, type Status } from "./types.ts";

/** Milliseconds between two reads of the state: often at first, then less, and less when the server does not answer. */
const often = 2_000;
const seldom = 5_000;
const rarely = 20_000;
const oftenReads = 60;

/** How long one read may take, in milliseconds. */
const patience = 10_000;

/** An invitation lives for half an hour, and its code for five minutes. */
const longest = 36 * 60_000;

/** How many reads in a row have to fail before the server counts as unreachable: a waking computer is offline. */
const enoughMisses = 3;

/** Follows a connect session by its state on the server until it ends. Returns how to stop. */
export function watch(waiting: Waiting, listener: Listener): () => void {
  const fired = new Set<ConnectEventType>();
  let ended = false;
  let frozen = false;
  let reading = false;
  let again = false;
  let reads = 0;
  let misses = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopListening = () => {};

  const stop = () => {
    ended = true;
    clearTimeout(timer);
    stopListening();
    removeEventListener("pagehide", freeze);
    removeEventListener("pageshow", thaw);
    document.removeEventListener("visibilitychange", readWhenSeen);
  };

  const fire = (type: ConnectEventType, status: Status | undefined, reason?: ConnectFailure) => {
    if (ended || fired.has(type)) return;
    fired.add(type);
    if (isFinal(type)) stop();
    listener({
      type,
      id: waiting.id,
      ...(type === "completed" && status?.grant_id ? { grantId: status.grant_id } : {}),
      ...(status?.database_id ? { databaseId: status.database_id } : {}),
      ...(reason === undefined ? {} : { reason }),
    });
  };

  const follow = (status: Status) => {
    const { state } = status;
    if (state === "awaiting_completion" || state === "completed") {
      if (status.database_id) fire("database-selected", status);
      fire("approved", status);
    }
    if (state === "completed" || state === "refused") fire(state, status);
    else if (state === "expired") fire("failed", status, "expired");
    else if (state === "failed") fire("failed", status, "mismatch");
    else if (status.left) fire("closed", status);
  };

  const miss = () => {
    misses++;
    if (misses >= enoughMisses && Date.now() - waiting.since > longest)
      fire("failed", undefined, "unreachable");
  };

  const pause = () => {
    if (again) return 0;
    const usual = reads < oftenReads && !fired.has("closed") ? often : seldom;
    return Math.min(usual * 2 ** misses, rarely);
  };

  const read = async () => {
    clearTimeout(timer);
    reading = true;
    again = false;
    reads++;
    const status = await fetchStatus(waiting);
    reading = false;
    // A page that is going away tells nothing: the next one hears it.
    if (ended || frozen) return;
    if (status === undefined) miss();
    else {
      misses = 0;
      if (status === "gone") fire("failed", undefined, "expired");
      else follow(status);
    }
    if (!ended) timer = setTimeout(read, pause());
  };

  const readNow = () => {
    if (reading) again = true;
    else void read();
  };
  const readWhenSeen = () => {
    if (document.visibilityState === "visible") readNow();
  };

  // The browser may keep a page that the user leaves, and show it again when they go back.
  const freeze = () => {
    frozen = true;
    clearTimeout(timer);
    stopListening();
  };
  const start = () => {
    frozen = false;
    stopListening = listen(waiting.id, readNow);
    readNow();
  };
  const thaw = ({ persisted }: PageTransitionEvent) => {
    if (persisted) start();
  };

  addEventListener("pagehide", freeze);
  addEventListener("pageshow", thaw);
  document.addEventListener("visibilitychange", readWhenSeen);
  start();
  return stop;
}

/**
 * Whether the server says that it does not know the session. The 401 or 404 of another program, such as a proxy in front
 * of a server that restarts, says nothing about the session.
 */
function isUnknown({ status, headers }: Response): boolean {
  const kind = headers.get("Content-Type")?.split(";")[0];
  return (status === 401 || status === 404) && kind === "application/problem+json";
}

/** Reads the state. undefined: the server cannot be reached now; gone: it does not know the session any more. */
async function fetchStatus({ status, token }: Waiting): Promise<Status | "gone" | undefined> {
  try {
    const response = await fetch(status, {
      headers: { Authorization: `Bearer ${token}` },
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(patience),
    });
    if (isUnknown(response)) return "gone";
    const answer = response.ok ? ((await response.json()) as Status | null) : null;
    return typeof answer?.state === "string" ? answer : undefined;
  } catch {
    return undefined;
  }
}
