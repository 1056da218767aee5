import type { components } from "./schema.gen.ts";

/** A problem document (RFC 9457), as the server writes it. */
export type Problem = components["schemas"]["Problem"];

/** An error that the server reports. Decide by `code`; the texts are for people. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  /** Stable name of the problem. More may be added: handle an unknown one by `status`. */
  readonly code: string;
  readonly status: number;
  readonly requestId: string;
  /** Seconds until the same call can succeed; undefined: unknown. */
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

/** Reads the problem of a response, or an error that says that this was not a response of the server. */
export async function problemOf(response: Response): Promise<Error> {
  const kind = response.headers.get("Content-Type")?.split(";")[0];
  if (kind === "application/problem+json") {
    const problem = (await response
      .clone()
      .json()
      .catch(() => undefined)) as Problem | undefined;
    if (problem?.code) return new ProblemError(problem, response.status, secondsOf(response));
  }
  return new Error(`HTTP status ${response.status}, and not a response of this server`);
}

/** Retry-After in seconds: a number, or a date (RFC 9110 section 10.2.3). */
export function secondsOf(response: Response): number | undefined {
  const header = response.headers.get("Retry-After");
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}
