import { HttpResponse, http } from "msw";
import { expect, test, vi } from "vitest";
import { problem, server, url } from "@/test/server";
import { api, csrf, dataOf, reread } from "./client";
import { ApiProblem, parseRetryAfter } from "./problem";

const createBody = { name: "orders", platform: "aws", primary_region: "us-east-1" };

async function failure(call: Promise<unknown>): Promise<ApiProblem> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiProblem)) throw new Error(`want an ApiProblem, got ${String(error)}`);
  return error;
}

test("every request carries the cross-site header, a GET too", async () => {
  let got: Headers | undefined;
  server.use(
    http.get(url("/databases"), ({ request }) => {
      got = request.headers;
      return HttpResponse.json({ databases: [] });
    }),
  );
  await dataOf(api.GET("/databases"));
  expect(got?.get("X-CSRF")).toBe("1");
  expect(got?.has("Authorization")).toBe(false);
  expect(got?.has("Content-Type")).toBe(false);
});

test("a body goes as JSON and a token goes in the Authorization header alone", async () => {
  let got: Request | undefined;
  let body: unknown;
  server.use(
    http.post(url("/session"), async ({ request }) => {
      got = request;
      body = await request.json();
      return HttpResponse.json({}, { status: 201 });
    }),
  );
  await dataOf(
    api.POST("/session", {
      headers: { Authorization: "Bearer token-1" },
      body: { id_token: "token-2", replace: true },
    }),
  );
  expect(got?.headers.get("Authorization")).toBe("Bearer token-1");
  expect(got?.headers.get("Content-Type")).toBe("application/json");
  expect(got?.url).not.toContain("token-1");
  expect(body).toEqual({ id_token: "token-2", replace: true });
});

test("keepalive is repeated outside the Request, where Firefox reads it", async () => {
  server.use(http.post(url("/transaction/left"), () => new HttpResponse(null, { status: 204 })));
  const sent = vi.spyOn(globalThis, "fetch");
  await api.POST("/transaction/left", { params: csrf, body: { id: "one" }, keepalive: true });
  expect(sent.mock.calls[0]?.[1]).toEqual({ keepalive: true });
});

test("204 has no body to read", async () => {
  server.use(http.delete(url("/session"), () => new HttpResponse(null, { status: 204 })));
  await expect(dataOf(api.DELETE("/session"))).resolves.toBeUndefined();
});

test("a problem document is read with its code, request number, field faults and wait", async () => {
  const errors = [{ pointer: "/name", code: "too_long", detail: "must be at most 64", maximum: 64 }];
  server.use(
    http.post(url("/databases"), () =>
      problem(422, "validation_failed", { detail: "No.", errors }, { "Retry-After": "7" }),
    ),
  );
  const got = await failure(dataOf(api.POST("/databases", { body: createBody })));
  expect(got).toMatchObject({
    code: "validation_failed",
    status: 422,
    detail: "No.",
    requestId: "req-42",
    errors,
    retryAfter: 7,
  });
});

test.each([
  ["an HTML page from a gateway", new HttpResponse("<h1>Bad gateway</h1>", { status: 502 })],
  ["JSON that is no problem document", HttpResponse.json({ message: "no" }, { status: 502 })],
  [
    "a problem document cut in half",
    new HttpResponse('{"code":"inter', {
      status: 502,
      headers: { "Content-Type": "application/problem+json" },
    }),
  ],
  [
    "a problem document without a code",
    HttpResponse.json({}, { status: 502, headers: { "Content-Type": "application/problem+json" } }),
  ],
])("%s is a failure of its own kind", async (_, answer) => {
  server.use(http.get(url("/databases"), () => answer));
  const got = await failure(dataOf(api.GET("/databases")));
  expect(got).toMatchObject({ code: "unexpected_answer", status: 502 });
});

test.each([200, 201])("a %d that is not JSON is a failure with that status", async (status) => {
  server.use(http.get(url("/databases"), () => new HttpResponse("<html>", { status })));
  const got = await failure(dataOf(api.GET("/databases")));
  expect(got).toMatchObject({ code: "unexpected_answer", status });
});

test("a connection that ends within the body is a network failure", async () => {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"data'));
      controller.error(new Error("cut"));
    },
  });
  server.use(http.get(url("/databases"), () => new HttpResponse(body, { status: 200 })));
  const got = await failure(dataOf(api.GET("/databases")));
  expect(got).toMatchObject({ code: "server_unreachable", status: 0 });
});

test("an empty 200 response is a failure", async () => {
  server.use(http.get(url("/databases"), () => new HttpResponse(null, { status: 200 })));
  const got = await failure(dataOf(api.GET("/databases")));
  expect(got).toMatchObject({ code: "unexpected_answer", status: 200 });
});

test("no network is a failure of its own kind", async () => {
  server.use(http.get(url("/databases"), () => HttpResponse.error()));
  expect(await failure(dataOf(api.GET("/databases")))).toMatchObject({
    code: "server_unreachable",
    status: 0,
  });
});

test.each([
  ["seconds", "12", 12],
  ["a date", "Sun, 22 Nov 2026 12:00:30 GMT", 30],
  ["zero, which would hammer the server", "0", 1],
  ["a date gone by", "Sun, 22 Nov 2026 11:00:00 GMT", 1],
  ["an absurd number", "1000000000", 3600],
  ["garbage", "soon", undefined],
  ["nothing", null, undefined],
])("Retry-After with %s", (_, value, want) => {
  expect(parseRetryAfter(value, Date.parse("2026-11-22T12:00:00Z"))).toBe(want);
});

test("304 to a question that named no ETag is a failure, not an empty answer", async () => {
  server.use(http.get(url("/databases"), () => new HttpResponse(null, { status: 304 })));
  const got = await failure(reread(undefined, () => api.GET("/databases")));
  expect(got).toMatchObject({ code: "unexpected_answer", status: 304 });
});
