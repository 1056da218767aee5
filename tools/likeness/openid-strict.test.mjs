// Runs openid-client against a sandbox whose application is one of Auth0's strict third-party clients.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as client from "openid-client";
import { Browser } from "./browser.mjs";
import { relyingParty, request } from "./openid.mjs";
import { startSandbox } from "./sandbox.mjs";

let sandbox;
let config;
let callback;

before(async () => {
  sandbox = await startSandbox("--third-party");
  callback = `${sandbox.app}/callback`;
  config = await relyingParty(sandbox.issuer, "tpc_sandbox-spa");
});
after(() => sandbox?.stop());

/** A plain OAuth request: the nonce is left out, and OpenID scopes are not granted. */
const plain = (parameters) => request(config, callback, { nonce: undefined, ...parameters });

/** The user consents each time, and the client gets an access token and a refresh token. */
async function authorize(browser, parameters) {
  const { url, checks } = await plain(parameters);
  let page = await browser.open(url);
  if (page.body.includes('name="password"')) page = await browser.logIn(page);
  const back = await browser.press(page, "accept");
  return client.authorizationCodeGrant(config, back.location, { ...checks, expectedNonce: undefined, idTokenExpected: false });
}

test("strict mode issues API tokens without an ID token, and asks for consent each time", async () => {
  const browser = new Browser();
  for (let time = 0; time < 2; time++) {
    const tokens = await authorize(browser);
    assert.equal(tokens.id_token, undefined);
    assert.equal(tokens.scope, "offline_access");
    const next = await client.refreshTokenGrant(config, tokens.refresh_token);
    assert.notEqual(next.refresh_token, tokens.refresh_token);
    await client.tokenRevocation(config, next.refresh_token);
  }
});

test("our server accepts a strict client's token", async () => {
  const { access_token } = await authorize(new Browser());
  const answer = await fetch(`${sandbox.app}/api/v1/session`, {
    method: "POST",
    headers: { authorization: `Bearer ${access_token}` },
  });
  assert.equal(answer.status, 201, await answer.text());
});

for (const [what, parameters, status, text] of [
  ["screen_hint", { screen_hint: "signup" }, 400, /Unsupported parameter: screen_hint/],
  ["response_mode", { response_mode: "query" }, 400, /Unsupported parameter: response_mode/],
  ["prompt=none", { prompt: "none" }, 400, /Login required/],
  ["no PKCE", { code_challenge: undefined, code_challenge_method: undefined }, 400, /code_challenge/],
]) {
  test(`strict mode shows errors without a redirect: ${what}`, async () => {
    const page = await new Browser().open((await plain(parameters)).url);
    assert.deepEqual([page.status, page.location], [status, undefined]);
    assert.match(page.body, text);
  });
}

test("strict mode: a declined consent stays at the provider, and there is no logout", async () => {
  const browser = new Browser();
  const page = await browser.logIn(await browser.open((await plain()).url));
  const declined = await browser.press(page, "decline");
  assert.deepEqual([declined.status, declined.location], [403, undefined]);
  const out = await browser.open(client.buildEndSessionUrl(config, { post_logout_redirect_uri: sandbox.app }));
  assert.deepEqual([out.status, out.location], [400, undefined]);
});
