// Runs the unmodified openid-client against the identity provider stand-in.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as client from "openid-client";
import { Browser, demo } from "./browser.mjs";
import { audience, relyingParty, request } from "./openid.mjs";
import { startSandbox } from "./sandbox.mjs";

let sandbox;
let config;
let callback;

before(async () => {
  sandbox = await startSandbox();
  callback = `${sandbox.app}/callback`;
  config = await relyingParty(sandbox.issuer, "sandbox-spa");
});
after(() => sandbox?.stop());

/** Registers another client with the same callback. */
async function register(members) {
  const body = JSON.stringify({ callbacks: [callback], ...members });
  const response = await fetch(`${sandbox.control}/clients`, { method: "POST", body });
  assert.equal(response.status, 201, await response.clone().text());
  return relyingParty(sandbox.issuer, (await response.json()).client_id);
}

/** A complete login in a browser. With an existing session the page is not shown. */
async function logIn({ as = config, browser = new Browser(), parameters, checks: more } = {}) {
  const { url, checks } = await request(as, callback, parameters);
  let page = await browser.open(url);
  if (page.location === undefined) page = await browser.logIn(page);
  return client.authorizationCodeGrant(as, page.location, { ...checks, ...more });
}

/** Expects this error in the authorization response. */
async function expectError(page, checks, error, description, as = config) {
  await assert.rejects(client.authorizationCodeGrant(as, page.location, checks), (failure) => {
    assert.ok(failure instanceof client.AuthorizationResponseError, String(failure));
    assert.equal(failure.error, error);
    assert.equal(failure.error_description, description);
    return true;
  });
}

/** Expects this error in the token response. */
async function expectTokenError(promise, status, error, description) {
  await assert.rejects(promise, (failure) => {
    assert.ok(failure instanceof client.ResponseBodyError, String(failure));
    assert.deepEqual([failure.status, failure.error, failure.error_description], [status, error, description]);
    return true;
  });
}

const unknownRefresh = [403, "invalid_grant", "Unknown or invalid refresh token."];

describe("login", () => {
  test("the published keys verify the tokens, and userinfo agrees", async () => {
    const tokens = await logIn();
    const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
    const { payload } = await jwtVerify(tokens.access_token, keys, { issuer: `${sandbox.issuer}/`, audience });
    assert.equal(payload["https://user.io/email"], demo.email);
    assert.equal(payload.azp, "sandbox-spa");
    assert.equal(tokens.expires_in, 172800);
    const { sub, email } = tokens.claims();
    assert.deepEqual([sub, email], [payload.sub, demo.email]);
    const info = await client.fetchUserInfo(config, tokens.access_token, sub);
    assert.equal(info.email, demo.email);
  });

  test("redirects immediately with a session, and prompt=login shows the page", async () => {
    const browser = new Browser();
    const first = await logIn({ browser });
    const silent = await browser.open((await request(config, callback)).url);
    assert.ok(silent.location.searchParams.has("code"));
    const asked = await browser.open((await request(config, callback, { prompt: "login" })).url);
    assert.equal(asked.location, undefined);
    assert.match(asked.body, /name="password"/);
    assert.equal((await logIn({ browser })).claims().sub, first.claims().sub);
  });

  test("prompt=none: login_required before a login, a code after it", async () => {
    const browser = new Browser();
    const { url, checks } = await request(config, callback, { prompt: "none" });
    await expectError(await browser.open(url), checks, "login_required", "Login required");
    await logIn({ browser });
    const tokens = await logIn({ browser, parameters: { prompt: "none" } });
    assert.equal(tokens.claims().email, demo.email);
  });

  test("max_age: openid-client accepts a recent login, and an old one is repeated", async () => {
    const browser = new Browser();
    await logIn({ browser, parameters: { max_age: "60" }, checks: { maxAge: 60 } });
    const again = await browser.open((await request(config, callback, { max_age: "0" })).url);
    assert.match(again.body, /name="password"/);
  });

  test("screen_hint, login_hint, connection and ui_locales", async () => {
    const browser = new Browser();
    const hints = { screen_hint: "signup", login_hint: "fresh@example.com", connection: "github", ui_locales: "de en" };
    const { url, checks } = await request(config, callback, hints);
    const page = await browser.open(url);
    assert.match(page.body, /value="fresh@example.com"/);
    const done = await browser.press(page, "signup", { email: "fresh@example.com", password: "long enough" });
    const tokens = await client.authorizationCodeGrant(config, done.location, checks);
    assert.equal(tokens.claims().email, "fresh@example.com");
    const skipped = await browser.open((await request(config, callback, { screen_hint: "signup" })).url);
    assert.ok(skipped.location?.searchParams.has("code"));
  });

  test("the response as a form post", async () => {
    const browser = new Browser();
    const { url, checks } = await request(config, callback, { response_mode: "form_post" });
    const page = await browser.logIn(await browser.open(url));
    const fields = [...page.body.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)];
    const body = new URLSearchParams(fields.map(([, name, value]) => [name, value]));
    const tokens = await client.authorizationCodeGrant(config, new Request(callback, { method: "POST", body }), checks);
    assert.equal(tokens.claims().email, demo.email);
  });

  test("without an audience the access token is opaque and works only at userinfo", async () => {
    const tokens = await logIn({ parameters: { audience: undefined } });
    assert.equal(tokens.access_token.split(".").length, 1);
    const info = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
    assert.equal(info.email, demo.email);
    const minted = await fetch(`${sandbox.upstash}/apikey`, {
      method: "POST",
      headers: { authorization: `Bearer ${tokens.access_token}` },
      body: '{"name":"KEY"}',
    });
    assert.equal(minted.status, 401);
  });
});

describe("errors", () => {
  test("cancelled at the login: access_denied with its description", async () => {
    const browser = new Browser();
    const { url, checks } = await request(config, callback);
    const page = await browser.press(await browser.open(url), "cancel");
    await expectError(page, checks, "access_denied", "User has canceled the interaction.");
  });

  test("consent: requested once, declined without a description, silent only after it was granted", async () => {
    const asking = await register({ client_id: "asking", consent: true });
    const browser = new Browser();
    const first = await request(asking, callback);
    const question = await browser.logIn(await browser.open(first.url));
    await expectError(await browser.press(question, "decline"), first.checks, "access_denied", undefined, asking);
    const silent = await request(asking, callback, { prompt: "none" });
    await expectError(await browser.open(silent.url), silent.checks, "consent_required", "Consent required", asking);
    const second = await request(asking, callback);
    const given = await browser.press(await browser.open(second.url), "accept");
    await client.authorizationCodeGrant(asking, given.location, second.checks);
    await logIn({ as: asking, browser, parameters: { prompt: "none" } });
  });

  test("a loopback callback that must be confirmed: interaction_required with prompt=none", async () => {
    const careful = await register({ client_id: "careful", confirm_loopback: true });
    const browser = new Browser();
    await logIn({ as: careful, browser });
    const silent = await request(careful, callback, { prompt: "none" });
    await expectError(await browser.open(silent.url), silent.checks, "interaction_required", "Interaction required", careful);
    const shown = await request(careful, callback);
    const confirmed = await browser.press(await browser.open(shown.url), "confirm");
    await client.authorizationCodeGrant(careful, confirmed.location, shown.checks);
  });

  test("a wrong callback and an unknown client end on a page", async () => {
    const browser = new Browser();
    const wrong = await browser.open((await request(config, "http://evil.example/callback")).url);
    assert.deepEqual([wrong.status, wrong.location], [403, undefined]);
    assert.match(wrong.body, /Callback URL mismatch/);
    const { url } = await request(config, callback);
    url.searchParams.set("client_id", "nobody");
    const unknown = await browser.open(url);
    assert.deepEqual([unknown.status, unknown.location], [400, undefined]);
    assert.match(unknown.body, /Unknown client: nobody/);
  });

  test("a code is bound to its verifier and callback, and works once", async () => {
    const browser = new Browser();
    const back = async () => {
      const { url, checks } = await request(config, callback);
      const page = await browser.open(url);
      return { location: page.location ?? (await browser.logIn(page)).location, checks };
    };
    const verifier = await back();
    const guess = { ...verifier.checks, pkceCodeVerifier: client.randomPKCECodeVerifier() };
    await expectTokenError(
      client.authorizationCodeGrant(config, verifier.location, guess),
      403, "invalid_grant", "Failed to verify code verifier",
    );
    const moved = await back();
    const elsewhere = new URL(`http://127.0.0.1:1/callback${moved.location.search}`);
    await expectTokenError(
      client.authorizationCodeGrant(config, elsewhere, moved.checks),
      403, "unauthorized_client", `The redirect URI is wrong. You sent http://127.0.0.1:1, and we expected ${sandbox.app}`,
    );
    const once = await back();
    await client.authorizationCodeGrant(config, once.location, once.checks);
    await expectTokenError(
      client.authorizationCodeGrant(config, once.location, once.checks),
      403, "invalid_grant", "Invalid authorization code",
    );
  });

  test("a secret that a public client does not have", async () => {
    const secretive = await client.discovery(new URL(`${sandbox.issuer}/`), "sandbox-spa", "a secret", client.ClientSecretBasic(), {
      execute: [client.allowInsecureRequests],
    });
    await expectTokenError(client.refreshTokenGrant(secretive, "any"), 401, "access_denied", "Unauthorized");
  });
});

describe("after the login", () => {
  test("refresh tokens rotate, and reuse ends the family", async () => {
    const first = await logIn();
    const second = await client.refreshTokenGrant(config, first.refresh_token);
    assert.notEqual(second.refresh_token, first.refresh_token);
    assert.equal(second.claims().sub, first.claims().sub);
    const third = await client.refreshTokenGrant(config, second.refresh_token);
    await expectTokenError(client.refreshTokenGrant(config, first.refresh_token), ...unknownRefresh);
    await expectTokenError(client.refreshTokenGrant(config, third.refresh_token), ...unknownRefresh);
  });

  test("revocation always succeeds and is permanent", async () => {
    const { refresh_token } = await logIn();
    await client.tokenRevocation(config, refresh_token);
    await client.tokenRevocation(config, "nobody's");
    await expectTokenError(client.refreshTokenGrant(config, refresh_token), ...unknownRefresh);
  });

  test("logout with the end session endpoint", async () => {
    const browser = new Browser();
    const tokens = await logIn({ browser });
    const out = await browser.open(
      client.buildEndSessionUrl(config, {
        id_token_hint: tokens.id_token,
        post_logout_redirect_uri: `${sandbox.app}/`,
        state: "bye",
      }),
    );
    assert.equal(out.location.href, `${sandbox.app}/?state=bye`);
    const { url, checks } = await request(config, callback, { prompt: "none" });
    await expectError(await browser.open(url), checks, "login_required", "Login required");
  });

  test("our server rejects another partner's token and accepts its own client's", async () => {
    const theirs = await relyingParty(sandbox.issuer, "sandbox-other-partner");
    const browser = new Browser();
    const { url, checks } = await request(theirs, "http://localhost:9090/callback");
    const back = await browser.logIn(await browser.open(url));
    const tokens = await client.authorizationCodeGrant(theirs, back.location, checks);
    const connect = (token) =>
      fetch(`${sandbox.app}/api/v1/session`, { method: "POST", headers: { authorization: `Bearer ${token}` } });
    const refusal = await connect(tokens.access_token);
    assert.equal(refusal.status, 403);
    assert.equal((await refusal.json()).code, "client_not_allowed");
    const ours = await logIn({ browser });
    assert.equal((await connect(ours.access_token)).status, 201);
  });
});
