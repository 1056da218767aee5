import { expect, test } from "vitest";
import { findAttempt, rememberAttempt } from "@/shared/connect/attempt";
import { homeOf, recallWindow, rememberWindow, startOver } from "./window-context";

const hinted = { promptLogin: true, loginHint: "jane@example.com", forService: "cs_1" };

// jsdom does not navigate, and says so on stderr; what was remembered for the next page is what counts.

test("a login for a service leads back to where the service asks, and any other to the start", () => {
  expect(homeOf({ attempt: "a1", mode: "redirect" })).toBe("/");
  rememberWindow({ attempt: "a1", mode: "redirect", forService: "cs_1" });
  expect(homeOf(recallWindow())).toBe("/connect");
});

test("a login that is begun afresh is for the same service, and offers the same address", () => {
  const attempt = rememberAttempt(hinted);
  startOver({ attempt: attempt.id, mode: "redirect", forService: "cs_1" });
  expect(findAttempt(attempt.id)).toMatchObject(hinted);
});

test("a fresh login that is begun afresh is still one", () => {
  const attempt = rememberAttempt({ freshLogin: true });
  startOver({ attempt: attempt.id, mode: "window" });
  expect(findAttempt(attempt.id)).toMatchObject({ freshLogin: true });
});

test("for another account no address is offered", () => {
  const attempt = rememberAttempt(hinted);
  startOver({ attempt: attempt.id, mode: "redirect", forService: "cs_1" }, { otherAccount: true });
  expect(findAttempt(attempt.id)).toMatchObject({ promptLogin: true, forService: "cs_1" });
  expect(findAttempt(attempt.id)?.loginHint).toBeUndefined();
});
