const attempts = 4;

/** A longer Retry-After is the caller's to decide. Seconds. */
const longest = 60;

/** The longest `retryAfter` in seconds, one week: a timer of JavaScript fires immediately if it is set to 25 days. */
export const maxRetryAfter = 7 * 24 * 60 * 60;

/**
 * Sends a request with a timeout, and repeats it after 429, 503 and 504 if a repetition has the same effect (RFC 9110
 * section 9.2.2): a read, or a create with an idempotency key. It waits for the time of Retry-After, or 0.5, 1 and 2
 * seconds without that header.
 */
export function withRetries(send: typeof fetch, timeout: number): (request: Request) => Promise<Response> {
  return async (request) => {
    const repeatable = request.method === "GET" || request.headers.has("Idempotency-Key");
    for (let attempt = 1; ; attempt++) {
      const response = await sendOnce(send, request, timeout);
      const wait = secondsOf(response) ?? 2 ** (attempt - 2);
      const busy = [429, 503, 504].includes(response.status);
      if (!repeatable || !busy || attempt === attempts || wait > longest) return response;
      await pause(wait * 1000, request.signal);
    }
  };
}

/** Retry-After in seconds: a number, or a date (RFC 9110 section 10.2.3). Without a valid one, undefined. */
export function secondsOf(response: Response): number | undefined {
  const header = response.headers.get("Retry-After")?.trim() ?? "";
  if (/^\d+$/.test(header)) return Math.min(Number(header), maxRetryAfter);
  // Date.parse reads almost everything as a date ("1.5" is a day of 2001), and asctime, which has no zone, as local time.
  if (!/^(Mon|Tues?|Wed(nes)?|Thu(rs)?|Fri|Sat(ur)?|Sun)(day)?,? /.test(header)) return undefined;
  const date = Date.parse(header.endsWith(" GMT") ? header : `${header} GMT`);
  return Number.isNaN(date) ? undefined : Math.min(Math.max(0, (date - Date.now()) / 1000), maxRetryAfter);
}

/**
 * Sends a request, and reads all of the response within the timeout. It does not rely on fetch to end with the signal:
 * Node's misses it now and then after a garbage collection, and a replaced fetch may ignore it.
 */
async function sendOnce(send: typeof fetch, request: Request, timeout: number): Promise<Response> {
  const ended = new AbortController();
  const abort = () => ended.abort(request.signal.reason);
  const late = () => ended.abort(new DOMException(`no response within ${timeout} ms`, "TimeoutError"));
  const aborted = new Promise<never>((_, reject) => {
    ended.signal.addEventListener("abort", () => reject(ended.signal.reason), { once: true });
  });
  request.signal.addEventListener("abort", abort, { once: true });
  if (request.signal.aborted) abort();
  const timer = setTimeout(late, timeout);
  try {
    return await Promise.race([aborted, complete(send(request.clone(), { signal: ended.signal }))]);
  } finally {
    clearTimeout(timer);
    request.signal.removeEventListener("abort", abort);
  }
}

/** Waits for all of a response. A clone is read, so that the response itself can still be. */
async function complete(sent: Promise<Response>): Promise<Response> {
  const response = await sent;
  await response.clone().arrayBuffer();
  return response;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", aborted);
      resolve();
    }, milliseconds);
    if (signal.aborted) aborted();
    else signal.addEventListener("abort", aborted, { once: true });
  });
}
