import type { KnownCode } from "./codes.gen.ts";
import { secondsOf } from "./retry.ts";
import type { components } from "./schema.gen.ts";

export type { KnownCode };

/** The code of a problem. Later servers may have more codes than this package knows. */
export type ProblemCode = KnownCode | (string & {});

/** A problem document (RFC 9457), as the server writes it. */
export type Problem = Omit<components["schemas"]["Problem"], "code"> & { code: ProblemCode };

/** An error that the server reports. Decide by `code`; the texts are for people. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  /** Stable name of the problem. More may be added: handle an unknown one by `status`. */
  readonly code: ProblemCode;
  readonly status: number;
  readonly requestId: string;
  /** Seconds until the same call can succeed, at most `maxRetryAfter`; undefined: unknown. */
  readonly retryAfter: number | undefined;

  constructor(
    readonly problem: Problem,
    status: number,
    retryAfter: number | undefined,
  ) {
    super(problem.detail ? `${problem.title}: ${problem.detail}` : problem.title);
    this.code = problem.code;
    this.status = status;
    this.requestId = problem.request_id;
    this.retryAfter = retryAfter;
  }
}

/**
 * A response that is not of the API: another program between you and the server sent it, such as a proxy or a login
 * page of the network, or the URL is that of another server. Whether the server received the call is unknown. The
 * error has nothing of the body.
 */
export class ResponseError extends Error {
  override readonly name = "ResponseError";

  constructor(
    /** The HTTP status; may be 2xx. */
    readonly status: number,
    reason: string,
  ) {
    super(`a response with HTTP status ${status} is not of the API: ${reason}`);
  }
}

/** Reads the problem of a failed response. A response of something else, such as a proxy, is a ResponseError. */
export async function problemOf(response: Response): Promise<ProblemError | ResponseError> {
  const kind = response.headers.get("Content-Type")?.split(";")[0];
  if (kind === "application/problem+json") {
    const problem = (await jsonOf(response)) as Problem | undefined;
    if (problem?.code) return new ProblemError(problem, response.status, secondsOf(response));
  }
  return new ResponseError(response.status, "it is no problem document");
}

/** Checks a successful response of any call: the API returns 204 without a body, or a JSON object. */
export async function checkObject(response: Response): Promise<void> {
  if (response.status === 204) return;
  if ((await jsonOf(response)) === undefined) {
    throw new ResponseError(response.status, "its body is not JSON of the API");
  }
}

/** The JSON object of a response. Errors of JSON.parse quote the body, so none is used. */
async function jsonOf(response: Response): Promise<object | undefined> {
  const text = await response.clone().text();
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
