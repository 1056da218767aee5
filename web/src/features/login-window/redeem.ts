import { type Auth0Client, AuthenticationError, GenericError } from "@auth0/auth0-spa-js";
import { api, dataOf } from "@/shared/api/client";
import type { Config, Session, SessionRequest } from "@/shared/api/types";
import { type AppState, createAuthClient } from "./auth-client";
import { removeSdkStorage } from "./storage-cleanup";

/** A finished login at Upstash, not yet known to our server. Its tokens live in this object alone. */
export interface Login {
  /** The user asked beforehand to replace the account this browser is connected as. */
  replace: boolean;
  /** The e-mail address of the account that was logged in to, if Upstash tells. */
  email: string | undefined;
  /** Hands the login to our server. May be repeated until forget is called. */
  post(replace: boolean): Promise<Session>;
  /** Drops the tokens and every trace of them. */
  forget(): Promise<void>;
}

export type FailureReason = "cancelled" | "stale" | "refused" | "unreachable";

/** A login that came to nothing before our server heard of it. */
export class LoginFailure extends Error {
  constructor(readonly reason: FailureReason) {
    super(reason);
    this.name = "LoginFailure";
  }
}

/** Trades what the callback address carries for tokens, after the SDK has checked its state. */
export async function redeem(config: Config, callbackUrl: string): Promise<Login> {
  const client = createAuthClient(config);
  try {
    if (!callbackUrl.includes("?")) throw new LoginFailure("stale");
    const { appState } = await client.handleRedirectCallback<AppState>(callbackUrl);
    return await holdTokens(client, config, appState?.replace ?? false);
  } catch (error) {
    await dropLogin(client);
    throw new LoginFailure(reasonOf(error));
  }
}

async function holdTokens(client: Auth0Client, config: Config, replace: boolean): Promise<Login> {
  // cache-only: what is asked for is the token just received, never a new one through a hidden frame.
  const answer = await client.getTokenSilently({
    cacheMode: "cache-only",
    detailedResponse: true,
    authorizationParams: { audience: config.audience, scope: config.scope },
  });
  if (answer === undefined) throw new LoginFailure("refused");

  let tokens: { access: string; id: string } | undefined = {
    access: answer.access_token,
    id: answer.id_token,
  };
  return {
    replace,
    email: (await client.getUser())?.email,
    post: (replacing) => {
      if (tokens === undefined) throw new LoginFailure("stale");
      const body: SessionRequest = { id_token: tokens.id, ...(replacing ? { replace: true } : {}) };
      return dataOf(api.POST("/session", { headers: { Authorization: `Bearer ${tokens.access}` }, body }));
    },
    forget: () => {
      tokens = undefined;
      return dropLogin(client);
    },
  };
}

async function dropLogin(client: Auth0Client): Promise<void> {
  // openUrl: false ends the login here only; it does not log the user out of Upstash.
  await client.logout({ openUrl: false });
  removeSdkStorage();
}

/**
 * error_description is whatever the address says, so it is neither read nor shown. invalid_grant means that the
 * code was used before or is too old, which to the user is the same as a state we do not know.
 */
function reasonOf(error: unknown): FailureReason {
  if (error instanceof LoginFailure) return error.reason;
  if (error instanceof AuthenticationError) return error.error === "access_denied" ? "cancelled" : "refused";
  if (error instanceof GenericError) {
    if (["missing_transaction", "state_mismatch", "invalid_grant"].includes(error.error)) return "stale";
    return error.error === "request_error" ? "unreachable" : "refused";
  }
  // fetch rejects with a TypeError; a gateway's HTML page fails to parse as JSON.
  return error instanceof TypeError || error instanceof SyntaxError ? "unreachable" : "refused";
}
