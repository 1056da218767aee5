// Shared helpers for logins with openid-client.
import * as client from "openid-client";

export const audience = "upstash-api";

/** Reads the discovery document like any relying party, and verifies ID tokens with the provider's keys. */
export async function relyingParty(issuer, clientId) {
  const config = await client.discovery(new URL(`${issuer}/`), clientId, undefined, client.None(), {
    execute: [client.allowInsecureRequests], // loopback uses plain HTTP
  });
  client.enableNonRepudiationChecks(config);
  return config;
}

/** One authorization request, and the checks for its response. */
export async function request(config, redirectUri, parameters = {}) {
  const checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
  };
  const all = {
    redirect_uri: redirectUri,
    scope: "openid profile email offline_access",
    audience,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...parameters,
  };
  for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
  return { url: client.buildAuthorizationUrl(config, all), checks };
}
