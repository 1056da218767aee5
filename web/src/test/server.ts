import { type DefaultBodyType, HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import type { Problem } from "@/shared/api/types";
import { config } from "./fixtures";

/** Our server, as the tests play it. Anything they do not set up is an error, not a silent 404. */
export const server = setupServer(http.get(url("/config"), () => HttpResponse.json(config)));

export function url(path: string): string {
  return `http://localhost:8080/api/v1${path}`;
}

/** A problem document as our server writes it. */
export function problem(
  status: number,
  code: string,
  extra: Partial<Problem> = {},
  headers: Record<string, string> = {},
): HttpResponse<DefaultBodyType> {
  const body = {
    type: `/api/v1/problems/${code}`,
    title: code,
    status,
    detail: "",
    instance: "/",
    code,
    request_id: "req-42",
    ...extra,
  };
  return HttpResponse.json(body, {
    status,
    headers: { "Content-Type": "application/problem+json", ...headers },
  });
}
