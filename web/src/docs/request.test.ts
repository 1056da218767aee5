import { expect, test } from "vitest";
import { fromThisPage } from "./request";

const ours = "http://localhost:8080";

test.each([
  ["a path", "/api/v1/databases", "1"],
  ["our origin", `${ours}/api/v1/databases`, "1"],
  ["another host", "http://evil.example/api/v1/databases", undefined],
  ["another port", "http://localhost:8081/api/v1/databases", undefined],
  ["another host without a scheme", "//evil.example/", undefined],
])("%s", (_, url, mark) => {
  const request = fromThisPage(ours)({ url, headers: { Accept: "application/json" } });
  expect(request.headers["X-CSRF"]).toBe(mark);
  expect(request.headers.Accept).toBe("application/json");
});
