import { ApiProblem, readProblem, unexpectedAnswer, unreachable } from "./problem";

const base = "/api/v1";

interface Options {
  body?: unknown;
  /** An access token; only the log-in window ever has one. */
  bearer?: string;
  /** Makes a repeated POST answer what became of the first one, instead of doing it twice. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/**
 * The only place that calls fetch. X-CSRF is sent with every request, GET included: a header that a foreign
 * page cannot add without a preflight is what the server's cross-site check rests upon.
 */
export async function callApi<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const headers = new Headers({ Accept: "application/json, application/problem+json", "X-CSRF": "1" });
  if (options.bearer !== undefined) headers.set("Authorization", `Bearer ${options.bearer}`);
  if (options.body !== undefined) headers.set("Content-Type", "application/json");
  if (options.idempotencyKey !== undefined) headers.set("Idempotency-Key", options.idempotencyKey);

  const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
  if (options.body !== undefined) init.body = JSON.stringify(options.body);
  if (options.signal !== undefined) init.signal = options.signal;

  const response = await send(base + path, init);
  if (!response.ok) throw await readProblem(response);
  if (response.status === 204) return undefined as T;
  return readJson<T>(response);
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
