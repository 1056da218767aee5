import type { FieldFault, LeftoverKey, Problem } from "./types";

/** Codes that only this client makes up: the server was not reached, or something in between answered. */
export const unreachable = "server_unreachable";
export const unexpectedAnswer = "unexpected_answer";

interface Facts {
  code: string;
  status: number;
  title?: string;
  detail?: string;
  requestId?: string | undefined;
  errors?: FieldFault[] | undefined;
  leftoverKeys?: LeftoverKey[] | undefined;
  retryAfter?: number | undefined;
  limit?: string | undefined;
}

/** Every way in which a call to our server can fail, in one type. */
export class ApiProblem extends Error {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly requestId: string | undefined;
  readonly errors: readonly FieldFault[];
  readonly leftoverKeys: readonly LeftoverKey[];
  /** Seconds to wait before asking again, when the server named them. */
  readonly retryAfter: number | undefined;
  /** Which limit was reached, when one was. */
  readonly limit: string | undefined;

  constructor(facts: Facts) {
    super(`${facts.status} ${facts.code}`);
    this.name = "ApiProblem";
    this.code = facts.code;
    this.status = facts.status;
    this.title = facts.title ?? "";
    this.detail = facts.detail ?? "";
    this.requestId = facts.requestId;
    this.errors = facts.errors ?? [];
    this.leftoverKeys = facts.leftoverKeys ?? [];
    this.retryAfter = facts.retryAfter;
    this.limit = facts.limit;
  }

  /** The caller's own session is not accepted (any longer). */
  get endsSession(): boolean {
    return (
      this.status === 401 && (this.code === "session_expired" || this.code === "authentication_required")
    );
  }

  /** The call needs a more recent login of the user (RFC 9470). The session itself is good. */
  get asksForFreshLogin(): boolean {
    return this.status === 401 && this.code === "fresh_login_required";
  }

  /** Nothing is wrong: the account has done what it may for now, and nothing was done. */
  get isLimit(): boolean {
    return this.status === 429 && this.code === "rate_limited";
  }

  /** Upstash refused the stored key, or there is none: the user has to connect again. */
  get asksToReconnect(): boolean {
    return this.status === 409 && (this.code === "reconnect_required" || this.code === "connect_required");
  }
}

/** Turns an unsuccessful response into an ApiProblem, whatever its body contains. */
export async function readProblem(response: Response): Promise<ApiProblem> {
  const retryAfter = parseRetryAfter(response.headers.get("Retry-After"), Date.now());
  const body = isProblem(response) ? await response.json().catch(() => null) : null;
  if (typeof body !== "object" || body === null || typeof (body as Problem).code !== "string") {
    return new ApiProblem({ code: unexpectedAnswer, status: response.status, retryAfter });
  }
  const problem = body as Problem;
  return new ApiProblem({
    code: problem.code,
    status: response.status,
    title: problem.title ?? "",
    detail: problem.detail ?? "",
    requestId: problem.request_id,
    errors: Array.isArray(problem.errors) ? problem.errors : undefined,
    leftoverKeys: Array.isArray(problem.leftover_keys) ? problem.leftover_keys : undefined,
    retryAfter,
    limit: typeof problem.limit === "string" ? problem.limit : undefined,
  });
}

/**
 * Reads Retry-After, which is either seconds or an HTTP date (RFC 9110 section 10.2.3). The result is kept
 * between one second and an hour, which is the longest that our limits make one wait, so that a wild value neither hammers the server nor freezes the page.
 */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : (Date.parse(value) - now) / 1000;
  if (Number.isNaN(seconds)) return undefined;
  return Math.min(3600, Math.max(1, Math.ceil(seconds)));
}

function isProblem(response: Response): boolean {
  return (response.headers.get("Content-Type") ?? "").startsWith("application/problem+json");
}
