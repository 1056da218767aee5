import type { ViewerRequest } from "swagger-ui-dist/swagger-ui-es-bundle.js";

/** Marks calls to our own server as ours, which the session cookie requires; no other host receives anything. */
export function fromThisPage(origin: string): (request: ViewerRequest) => ViewerRequest {
  return (request) => {
    if (new URL(request.url, origin).origin === origin) request.headers["X-CSRF"] = "1";
    return request;
  };
}
