import { secondsOf } from "./problem.ts";

const attempts = 4;

/** A longer Retry-After is the caller's to decide. Seconds. */
const longest = 60;

/**
 * Repeats a call if the server asks for it with Retry-After and a repetition has the same effect (RFC 9110 section
 * 9.2.2): a read, or a create with an idempotency key.
 */
export function withRetries(send: typeof fetch): (request: Request) => Promise<Response> {
  return async (request) => {
    const repeatable = request.method === "GET" || request.headers.has("Idempotency-Key");
    for (let attempt = 1; ; attempt++) {
      const response = await send(request.clone());
      const wait = secondsOf(response) ?? 2 ** (attempt - 2);
      const busy = [429, 503, 504].includes(response.status);
      if (!repeatable || !busy || attempt === attempts || wait > longest) return response;
      await response.body?.cancel();
      await pause(wait * 1000, request.signal);
    }
  };
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
