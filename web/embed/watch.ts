import { listen } from "./channel.ts";
import type { Waiting } from "./memory.ts";
import type { ConnectEventType, ConnectFailure, Listener, Status } from "./types.ts";

/** Milliseconds between two reads of the state: often at first, then less. */
const often = 2_000;
const seldom = 5_000;
const oftenReads = 60;

/** How long one read may take, in milliseconds. */
const patience = 10_000;

/** An invitation lives for half an hour, and its code for five minutes. */
const longest = 36 * 60_000;

const failures: Record<string, ConnectFailure> = { expired: "expired", failed: "mismatch" };

/** Follows a connect session by its state on the server until it ends. Returns how to stop. */
export function watch(waiting: Waiting, listener: Listener): () => void {
  const fired = new Set<ConnectEventType>();
  const begun = Date.now();
  let ended = false;
  let reading = false;
  let again = false;
  let reads = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const stop = () => {
    ended = true;
    clearTimeout(timer);
    stopListening();
    document.removeEventListener("visibilitychange", readWhenSeen);
  };

  const fire = (type: ConnectEventType, status: Status | undefined, reason?: ConnectFailure) => {
    if (fired.has(type)) return;
    fired.add(type);
    if (type !== "approved" && type !== "database-selected") stop();
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
    else if (failures[state] !== undefined) fire("failed", status, failures[state]);
    else if (status.left) fire("closed", status);
  };

  const read = async () => {
    clearTimeout(timer);
    reading = true;
    again = false;
    reads++;
    const status = await fetchStatus(waiting);
    reading = false;
    if (ended) return;
    if (status === "gone") fire("failed", undefined, "expired");
    else if (status !== undefined) follow(status);
    if (!ended && Date.now() - begun > longest) fire("failed", undefined, "unreachable");
    if (!ended) timer = setTimeout(read, again ? 0 : reads < oftenReads ? often : seldom);
  };

  const readNow = () => {
    if (reading) again = true;
    else void read();
  };
  const readWhenSeen = () => {
    if (document.visibilityState === "visible") readNow();
  };

  const stopListening = listen(waiting.id, readNow);
  document.addEventListener("visibilitychange", readWhenSeen);
  void read();
  return stop;
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
    if (response.ok) return (await response.json()) as Status;
    return response.status === 401 || response.status === 404 ? "gone" : undefined;
  } catch {
    return undefined;
  }
}
