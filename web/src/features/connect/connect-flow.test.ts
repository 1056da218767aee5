import { expect, test } from "vitest";
import { type FlowEvent, type FlowState, idle, nextState } from "./connect-flow";

const waiting: FlowState = { name: "waiting", attempt: "a" };
const closed: FlowState = { name: "window_closed", attempt: "a" };
const cancelled: FlowState = { name: "cancelled", attempt: "a" };
const failed: FlowState = { name: "failed", attempt: "a" };
const timedOut: FlowState = { name: "timed_out", attempt: "a" };
const redirecting: FlowState = { name: "redirecting" };

test.each<[string, FlowState, FlowEvent, FlowState]>([
  ["a click begins to wait", idle, { type: "started", attempt: "a" }, waiting],
  ["a blocked window makes the page go itself", idle, { type: "blocked" }, redirecting],
  ["a strict client's login is not begun", idle, { type: "strict_third_party" }, { name: "unsupported" }],
  ["and the user closes the notice", { name: "unsupported" }, { type: "given_up" }, idle],
  ["a closed window is no verdict", waiting, { type: "window_seems_closed" }, closed],
  [
    "a closed window says nothing after a cancellation",
    cancelled,
    { type: "window_seems_closed" },
    cancelled,
  ],
  ["cancelled at the provider", waiting, { type: "cancelled_at_provider", attempt: "a" }, cancelled],
  [
    "cancelled after the window seemed closed",
    closed,
    { type: "cancelled_at_provider", attempt: "a" },
    cancelled,
  ],
  [
    "another attempt's cancellation is ignored",
    waiting,
    { type: "cancelled_at_provider", attempt: "b" },
    waiting,
  ],
  ["a cancellation out of nowhere is ignored", idle, { type: "cancelled_at_provider", attempt: "a" }, idle],
  ["failed in the window", waiting, { type: "failed_in_window", attempt: "a" }, failed],
  ["another attempt's failure is ignored", waiting, { type: "failed_in_window", attempt: "b" }, waiting],
  ["success after a failure", failed, { type: "connected" }, idle],
  ["the limit ends waiting", waiting, { type: "limit_reached" }, timedOut],
  ["the limit ends waiting for a closed window", closed, { type: "limit_reached" }, timedOut],
  ["the limit changes nothing once cancelled", cancelled, { type: "limit_reached" }, cancelled],
  ["giving up", waiting, { type: "given_up" }, idle],
  [
    "starting again after a time-out",
    timedOut,
    { type: "started", attempt: "b" },
    { name: "waiting", attempt: "b" },
  ],
  ["success while waiting", waiting, { type: "connected" }, idle],
  ["success after the window seemed closed", closed, { type: "connected" }, idle],
  ["success after a cancellation", cancelled, { type: "connected" }, idle],
  ["success after the time-out", timedOut, { type: "connected" }, idle],
])("%s", (_, state, event, want) => {
  expect(nextState(state, event)).toEqual(want);
});
