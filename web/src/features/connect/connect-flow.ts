/**
 * The page's side of a login, as a pure state machine. Two rules shape it:
 *
 * - A closed window is never a verdict. A provider that sends Cross-Origin-Opener-Policy cuts the handle to
 *   the window, and popup.closed then reads true while the user is still typing a password.
 * - A later success wins. From every state but idle, a session that became good ends the flow.
 */
export type FlowState =
  | { name: "idle" }
  | { name: "waiting"; attempt: string }
  | { name: "window_closed"; attempt: string }
  | { name: "cancelled"; attempt: string }
  /** The login window shows why. */
  | { name: "failed"; attempt: string }
  | { name: "timed_out"; attempt: string }
  | { name: "redirecting" }
  /** Upstash would not let the login come back, so it was not begun. */
  | { name: "unsupported" };

export type FlowEvent =
  | { type: "started"; attempt: string }
  | { type: "blocked" }
  | { type: "strict_third_party" }
  | { type: "window_seems_closed" }
  | { type: "cancelled_at_provider"; attempt: string }
  | { type: "failed_in_window"; attempt: string }
  | { type: "limit_reached" }
  | { type: "given_up" }
  | { type: "connected" };

export const idle: FlowState = { name: "idle" };

export function nextState(state: FlowState, event: FlowEvent): FlowState {
  switch (event.type) {
    case "started":
      return { name: "waiting", attempt: event.attempt };
    case "blocked":
      return { name: "redirecting" };
    case "strict_third_party":
      return { name: "unsupported" };
    case "connected":
    case "given_up":
      return idle;
    case "window_seems_closed":
      return state.name === "waiting" ? { name: "window_closed", attempt: state.attempt } : state;
    case "limit_reached":
      return isOpen(state) ? { name: "timed_out", attempt: state.attempt } : state;
    case "cancelled_at_provider":
    case "failed_in_window":
      // The end of another window's login says nothing about this attempt.
      return isOpen(state) && state.attempt === event.attempt
        ? { name: event.type === "failed_in_window" ? "failed" : "cancelled", attempt: state.attempt }
        : state;
  }
}

/** The user may still be logging in. */
export function isOpen(state: FlowState): state is Extract<FlowState, { name: "waiting" | "window_closed" }> {
  return state.name === "waiting" || state.name === "window_closed";
}
