import { type Attempt, connectPath, findAttempt, type Mode, rememberAttempt } from "@/shared/connect/attempt";
import { servicePath } from "@/shared/connect/finished-login";
import { addressOf, ownName } from "@/shared/public-path";

/** Which login this window is busy with. */
export interface WindowContext {
  attempt: string | undefined;
  mode: Mode;
  /** The connect session of a service that the login is for. */
  forService?: string;
}

const storageKey = () => ownName("upstash-connect.window");

/**
 * Kept beside the SDK's own transaction, because that is gone after the first look at a callback, and a login
 * that failed must still know whether it stands in a window to be closed or in the user's own tab.
 */
export function rememberWindow(context: WindowContext): void {
  window.sessionStorage.setItem(storageKey(), JSON.stringify(context));
}

/** What was remembered; a callback that nobody here asked for stands in the user's own tab. */
export function recallWindow(): WindowContext {
  const fallback: WindowContext = { attempt: undefined, mode: "redirect" };
  try {
    return { ...fallback, ...JSON.parse(window.sessionStorage.getItem(storageKey()) ?? "{}") };
  } catch {
    return fallback;
  }
}

/** The page that the login was begun on. */
export function homeOf(context: WindowContext): string {
  return addressOf(context.forService === undefined ? "/" : servicePath);
}

export function forgetWindow(): void {
  window.sessionStorage.removeItem(storageKey());
}

/** Begins the login afresh in this window, as the same attempt, so that the page behind still knows it. */
export function startOver(
  context: WindowContext,
  options: { otherAccount?: boolean; replace?: boolean } = {},
): void {
  const before = findAttempt(context.attempt ?? null);
  const attempt: Attempt = rememberAttempt({
    ...(context.attempt === undefined ? {} : { id: context.attempt }),
    // A login that had to ask who it is still has to when it is tried again.
    promptLogin: options.otherAccount === true || before?.promptLogin === true,
    ...(before?.freshLogin === true ? { freshLogin: true } : {}),
    replace: options.replace ?? false,
    ...(before?.loginHint === undefined || options.otherAccount === true
      ? {}
      : { loginHint: before.loginHint }),
    ...(context.forService === undefined ? {} : { forService: context.forService }),
  });
  window.location.replace(connectPath(attempt, context.mode));
}

/** Gives the screen back to the page behind, or becomes that page. */
export function returnToPage(context: WindowContext): void {
  if (context.mode === "window") window.close();
  else window.location.replace(homeOf(context));
}
