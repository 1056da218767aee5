import { Auth0Client } from "@auth0/auth0-spa-js";
import type { Config } from "@/shared/api/types";
import type { Attempt } from "@/shared/connect/attempt";
import { addressOf } from "@/shared/public-path";

/** What travels with the login and comes back only together with the state the SDK checks. */
export interface AppState {
  replace: boolean;
}

/**
 * The login SDK, set up so that nothing outlives this document: tokens in memory only, no refresh token.
 * The domain is given with its scheme, which the SDK keeps; `issuer` must not be set, because the SDK would
 * prefix it with https://, and a sandbox speaks http.
 */
export function createAuthClient(config: Config): Auth0Client {
  return new Auth0Client({
    domain: config.issuer.replace(/\/$/, ""),
    clientId: config.client_id,
    cacheLocation: "memory",
    useRefreshTokens: false,
    authorizationParams: {
      redirect_uri: window.location.origin + addressOf("/callback"),
      audience: config.audience,
      scope: config.scope,
    },
  });
}

/** Leaves for the login page at Upstash. */
export function goToLogin(config: Config, attempt: Attempt): Promise<void> {
  return createAuthClient(config).loginWithRedirect<AppState>({
    appState: { replace: attempt.replace },
    authorizationParams: {
      // Upstash remembers who logged in last; without this, another account could never be chosen.
      ...(attempt.promptLogin ? { prompt: "login" as const } : {}),
      // OpenID Connect Core section 3.1.2.1: an identity provider that honours only one of the two still asks.
      ...(attempt.freshLogin === true ? { prompt: "login" as const, max_age: 0 } : {}),
      ...(attempt.loginHint === undefined ? {} : { login_hint: attempt.loginHint }),
    },
    // Replaced, not assigned: Back then leads to where the user came from, not here and forward again.
    openUrl: async (url) => window.location.replace(url),
  });
}
