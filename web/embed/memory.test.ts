import { expect, it, vi } from "vitest";
import { forget, recall, remember } from "./memory.ts";
import { waiting } from "./testing.ts";

it("remembers a session, and forgets only that session", () => {
  remember(waiting);
  forget("cs_2");
  expect(recall()).toEqual(waiting);
  forget("cs_1");
  expect(recall()).toBeUndefined();
  expect(sessionStorage).toHaveLength(0);
});

it.each(["", "{", "null", '"text"', "[]", '{"id":"cs_1"}', '{"id":1,"token":"t","status":"s"}'])(
  "ignores %s, which it did not write",
  (text) => {
    sessionStorage.setItem("upstash-connect", text);
    expect(recall()).toBeUndefined();
  },
);

it("ignores a session without its time", () => {
  const { since: _, ...timeless } = waiting;
  sessionStorage.setItem("upstash-connect", JSON.stringify(timeless));
  expect(recall()).toBeUndefined();
});

it("works without storage", () => {
  vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => {
    throw new DOMException("denied", "SecurityError");
  });
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  remember(waiting);
  forget("cs_1");
  expect(recall()).toBeUndefined();
});
