import { addressOf } from "@/shared/public-path";
import { ApiProblem, readProblem, unexpectedAnswer, unreachable } from "./problem";

const root = "/api/v1";

interface Options {
  body?: unknown;
  /** An access token; only the login window ever has one. */
  bearer?: string;
  /** Makes a repeated POST answer what became of the first one, instead of doing it twice. */
  idempotencyKey?: string;
  /** The ETag of an answer that is still at hand. */
  ifNoneMatch?: string;
  signal?: AbortSignal;
}

export async function callApi<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const response = await request(method, path, options);
  if (!response.ok) throw await readProblem(response);
  if (response.status === 204) return undefined as T;
  return readJson<T>(response);
}

/** An answer, and the ETag by which the server knows it again. */
export interface Tagged<T> {
  value: T;
  etag: string | null;
}

/**
 * Reads again what may be known already. When the server says that it has not changed, it is `known` itself, and
 * nothing was sent but that.
 */
export async function rereadApi<T>(
  path: string,
  known: Tagged<T> | undefined,
  signal: AbortSignal,
): Promise<Tagged<T>> {
  const etag = known?.etag ?? null;
  const response = await request("GET", path, etag === null ? { signal } : { signal, ifNoneMatch: etag });
  if (response.status === 304 && known !== undefined) return known;
  if (!response.ok) throw await readProblem(response);
  return { value: await readJson<T>(response), etag: response.headers.get("ETag") };
}

/**
 * The only place that calls the API. X-CSRF is sent with every request, GET included: a header that a foreign
 * page cannot add without a preflight is what the server's cross-site check rests upon.
 */
async function request(method: string, path: string, options: Options): Promise<Response> {
  const headers = new Headers({ Accept: "application/json, application/problem+json", "X-CSRF": "1" });
  if (options.bearer !== undefined) headers.set("Authorization", `Bearer ${options.bearer}`);
  if (options.body !== undefined) headers.set("Content-Type", "application/json");
  if (options.idempotencyKey !== undefined) headers.set("Idempotency-Key", options.idempotencyKey);
  // The browser keeps nothing of ours, so it does not ask by itself.
  if (options.ifNoneMatch !== undefined) headers.set("If-None-Match", options.ifNoneMatch);

  const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
  if (options.body !== undefined) init.body = JSON.stringify(options.body);
  if (options.signal !== undefined) init.signal = options.signal;
  return send(addressOf(root + path), init);
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiProblem({ code: unreachable, status: 0, title: "No answer", detail: "" });
  }
}

async function readJson<T>(response: Response): Promise<T> {
  try {
    return (await response.json()) as T;
  } catch {
    throw new ApiProblem({
      code: unexpectedAnswer,
      status: response.status,
      title: "Unexpected answer",
      detail: "",
    });
  }
}
