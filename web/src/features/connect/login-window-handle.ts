import { type Attempt, connectPath } from "@/shared/connect/attempt";
import { expectDeparture } from "@/shared/connect/departure";
import { ownName } from "@/shared/public-path";

const features = "popup,width=480,height=720";

/**
 * Opens the login window, or brings the one of an earlier attempt to the same address. Has to be called
 * straight from a click, with nothing awaited before it, or browsers block it: null is what a blocker gives.
 */
export function openLoginWindow(attempt: Attempt): Window | null {
  const opened = window.open(connectPath(attempt, "window"), ownName("upstash-connect"), features);
  opened?.focus();
  return opened;
}

/** The way that needs no window: this page itself goes to the login. */
export function leaveForLogin(attempt: Attempt): void {
  expectDeparture();
  window.location.assign(connectPath(attempt, "redirect"));
}
