import { expect, test, vi } from "vitest";
import { connectPath, findAttempt, forgetAttempt, rememberAttempt } from "./attempt";
import { timing } from "./timing";

test("an attempt of ours is found with its options, a made-up one is not", () => {
  const attempt = rememberAttempt({ replace: true, promptLogin: true });
  expect(findAttempt(attempt.id)).toMatchObject({ replace: true, promptLogin: true });
  expect(findAttempt("made-up")).toBeUndefined();
  expect(findAttempt(null)).toBeUndefined();
});

test("two attempts differ and do not disturb each other", () => {
  const first = rememberAttempt({});
  const second = rememberAttempt({});
  expect(first.id).not.toBe(second.id);
  forgetAttempt(first.id);
  expect(findAttempt(first.id)).toBeUndefined();
  expect(findAttempt(second.id)).toBeDefined();
});

test("an attempt does not outlive its limit", () => {
  vi.useFakeTimers();
  const attempt = rememberAttempt({});
  vi.advanceTimersByTime(timing.attemptLimit);
  expect(findAttempt(attempt.id)).toBeUndefined();
});

test.each([["[null]"], ["{}"], ["not JSON"]])("storage that holds %s is taken as empty", (garbage) => {
  localStorage.setItem("upstash-connect.attempts", garbage);
  expect(findAttempt("x")).toBeUndefined();
  const attempt = rememberAttempt({});
  expect(findAttempt(attempt.id)).toBeDefined();
});

test("the address says which attempt, and never that an account will be replaced", () => {
  const attempt = rememberAttempt({ replace: true, promptLogin: true });
  expect(connectPath(attempt, "window")).toBe(`/connect?attempt=${attempt.id}`);
  expect(connectPath(attempt, "redirect")).toBe(`/connect?attempt=${attempt.id}&mode=redirect`);
});
