import createClient from "openapi-fetch";
import { addressOf } from "@/shared/public-path";
import { ApiProblem, readProblem, unexpectedAnswer, unreachable } from "./problem";
import type { paths } from "./schema.gen";

/** Resolves a path of the API against the page: the contract does not know the server's public path. */
class ApiRequest extends Request {
  constructor(path: RequestInfo | URL, init?: RequestInit) {
    super(new URL(addressOf(String(path)), window.location.href), init);
  }
}

/** The header as params, for the calls where the contract requires it. */
export const csrf = { header: { "X-CSRF": "1" } };

/**
 * The only client of the API, typed by the contract. X-CSRF is sent with every request, including GET: another site
 * cannot add this header without a preflight, and the server's cross-site check relies on that.
 */
export const api = createClient<paths>({
  baseUrl: "/api/v1",
  Request: ApiRequest,
  fetch: send,
  headers: { Accept: "application/json, application/problem+json", ...csrf.header },
  credentials: "same-origin",
  cache: "no-store",
});

/** Sends a request. Every failure becomes an ApiProblem, except an abort. */
async function send(request: Request): Promise<Response> {
  // Firefox drops the keepalive of a Request object: without the option, it cancels the request with the page.
  const sent = request.keepalive ? fetch(request, { keepalive: true }) : fetch(request);
  const response = await orUnreachable(sent);
  if (response.status === 204 || response.status === 304) return response;
  if (!response.ok) throw await readProblem(response);

  // The body is checked here, where its status is known.
  const body = await orUnreachable(response.text());
  if (!isJSON(body)) throw unexpected(response.status);
  return new Response(body, { status: response.status, headers: response.headers });
}

/** Reports a network failure, also one that cuts off the body, as an ApiProblem. */
async function orUnreachable<T>(pending: Promise<T>): Promise<T> {
  try {
    return await pending;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiProblem({ code: unreachable, status: 0 });
  }
}

function isJSON(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What the client answers to a call. */
export type Result<T> = { data?: T; response: Response };

/** Returns the body of a successful response, or throws an ApiProblem. Only a 204 may have no body. */
export async function dataOf<T>(call: Promise<Result<T>>): Promise<T> {
  const { data, response } = await call;
  const bodyMissing = data === undefined && response.status !== 204;
  if (!response.ok || bodyMissing) throw unexpected(response.status);
  return data as T;
}

/** A response body and its ETag. */
export interface Tagged<T> {
  value: T;
  etag: string | null;
}

/** Reads a resource again. Returns `known` if the server responds that it has not changed. */
export async function reread<T>(
  known: Tagged<T> | undefined,
  read: (headers: Record<string, string>) => Promise<Result<T>>,
): Promise<Tagged<T>> {
  // The browser stores no response (no-store), so it sends no If-None-Match of its own.
  const etag = known?.etag ?? null;
  const { data, response } = await read(etag === null ? {} : { "If-None-Match": etag });
  if (response.status === 304 && known !== undefined) return known;
  if (!response.ok || data === undefined) throw unexpected(response.status);
  return { value: data as T, etag: response.headers.get("ETag") };
}

function unexpected(status: number): ApiProblem {
  return new ApiProblem({ code: unexpectedAnswer, status });
}
