import type { Page } from "@playwright/test";
import { Application, call, createClient, type Options, type Outcome, register } from "./application";
import { demo, fillSignUp, logIn } from "./journey";
import { test as base, expect } from "./test";

/** Auth0's own SDK for pages, as it is published, on a page that is not ours. */
const test = base.extend<{ application: Application; tab: Page }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads which fixtures are wanted from the pattern
  application: async ({}, use) => {
    const application = await Application.start();
    await use(application);
    await application.stop();
  },
  tab: async ({ context, application }, use) => {
    const tab = await context.newPage();
    const faults: string[] = [];
    tab.on("pageerror", (error) => faults.push(error.message));
    await tab.goto(application.origin);
    await use(tab);
    expect(faults, "no error and no rejection was left unhandled").toEqual([]);
  },
});

/** Leaves for the login; what follows is another document. */
async function leave(tab: Page, options: Options, parameters: Record<string, unknown> = {}): Promise<void> {
  await createClient(tab, options);
  const left = tab.waitForEvent("framenavigated", (frame) => frame === tab.mainFrame());
  // The document may be gone before the call is reported as done.
  await call(tab, "loginWithRedirect", { authorizationParams: parameters }).catch(() => {});
  await left;
}

/** Takes the answer in the address and gives what the SDK makes of it. */
async function arrive(tab: Page, options: Options): Promise<Outcome> {
  await tab.waitForURL((url) => url.pathname === "/callback" && url.search !== "");
  await createClient(tab, options);
  return call(tab, "handleRedirectCallback");
}

async function logInByRedirect(tab: Page, options: Options): Promise<void> {
  await leave(tab, options);
  await logIn(tab);
  expect((await arrive(tab, options)).error).toBeUndefined();
}

const user = async (tab: Page) => (await call(tab, "getUser")).value as { email: string };

/** A fresh token, past the SDK's cache. */
const fresh = (tab: Page) => call(tab, "getTokenSilently", { cacheMode: "off" });

test("auth0-spa-js by redirect: login, silent re-login, logout", async ({ tab, sandbox, application }) => {
  const options = await register(sandbox, application);
  await logInByRedirect(tab, options);
  expect(await user(tab)).toMatchObject({ email: demo.email, nickname: "demo" });

  await leave(tab, options);
  expect((await arrive(tab, options)).error, "straight back, no form").toBeUndefined();

  await leave(tab, options, { prompt: "login" });
  await logIn(tab);
  expect((await arrive(tab, options)).error).toBeUndefined();

  await call(tab, "logout", { logoutParams: { returnTo: application.origin } }).catch(() => {});
  await tab.waitForURL(`${application.origin}/`);
  await createClient(tab, options);
  expect(await call(tab, "getTokenSilently")).toMatchObject({
    error: "login_required",
    description: "Login required",
  });
});

test("auth0-spa-js by redirect: cancelled, and consent declined", async ({ tab, sandbox, application }) => {
  const options = await register(sandbox, application, { client_id: "asks", consent: true });
  await leave(tab, options);
  await tab.getByRole("button", { name: "Cancel" }).click();
  expect(await arrive(tab, options)).toMatchObject({
    error: "access_denied",
    description: "User has canceled the interaction.",
  });

  await leave(tab, options);
  await logIn(tab);
  await tab.getByRole("button", { name: "Decline" }).click();
  expect(await arrive(tab, options)).toMatchObject({ error: "access_denied" });
  expect(new URL(tab.url()).searchParams.has("error_description")).toBe(false);

  await createClient(tab, options);
  expect(await call(tab, "getTokenSilently")).toMatchObject({ error: "consent_required" });
  await leave(tab, options);
  await tab.getByRole("button", { name: "Accept" }).click();
  expect((await arrive(tab, options)).error).toBeUndefined();
  expect((await fresh(tab)).error, "asked once only").toBeUndefined();
});

test("auth0-spa-js: screen_hint shows the sign-up, and nothing while there is a session", async ({
  tab,
  sandbox,
  application,
}) => {
  const options = await register(sandbox, application);
  const newcomer = { email: "newcomer@example.com", password: "a-long-password" };
  await leave(tab, options, { screen_hint: "signup" });
  await expect(tab.getByRole("heading", { name: "Sign up" })).toBeVisible();
  await fillSignUp(tab, newcomer);
  await tab.getByRole("button", { name: "Sign up" }).click();
  expect((await arrive(tab, options)).error).toBeUndefined();
  expect((await user(tab)).email).toBe(newcomer.email);

  await leave(tab, options, { screen_hint: "signup" });
  expect((await arrive(tab, options)).error).toBeUndefined();
});

test("auth0-spa-js by popup: login, and cancelled", async ({ tab, sandbox, application }) => {
  const options = await register(sandbox, application);
  await createClient(tab, options);
  const start = async () => {
    const opened = tab.waitForEvent("popup");
    const outcome = call(tab, "loginWithPopup", {
      authorizationParams: { redirect_uri: application.origin },
    });
    return { popup: await opened, outcome };
  };
  const first = await start();
  await first.popup.getByRole("button", { name: "Cancel" }).click();
  expect(await first.outcome).toMatchObject({ error: "access_denied" });

  const second = await start();
  await second.popup.getByLabel("Email").fill(demo.email);
  await second.popup.getByLabel("Password").fill(demo.password);
  await second.popup.getByRole("button", { name: "Log in" }).click();
  expect(await second.outcome).toEqual({ value: undefined });
  expect((await user(tab)).email).toBe(demo.email);
});

test("auth0-spa-js renews tokens by a hidden frame", async ({ tab, sandbox, application }) => {
  const options = await register(sandbox, application);
  await createClient(tab, options);
  expect(await call(tab, "getTokenSilently")).toMatchObject({ error: "login_required" });
  await logInByRedirect(tab, options);
  const framed = tab.waitForRequest((request) => request.url().includes("response_mode=web_message"));
  const first = (await call(tab, "getTokenSilently")).value;
  const second = (await fresh(tab)).value;
  await framed;
  expect(second).toMatch(/^eyJ/);
  expect(second).not.toBe(first);
});

test("auth0-spa-js renews tokens by rotating refresh tokens", async ({ tab, sandbox, application }) => {
  const options = { ...(await register(sandbox, application)), useRefreshTokens: true };
  await logInByRedirect(tab, options);
  const tokens = [];
  for (let time = 0; time < 3; time++) tokens.push((await fresh(tab)).value);
  expect(new Set(tokens).size).toBe(3);
  expect(tokens[2]).toMatch(/^eyJ/);
  await call(tab, "revokeRefreshToken");
  const after = await fresh(tab);
  expect(after.error, "a revoked one is gone, whatever the SDK calls that").toBeDefined();
});

test("auth0-spa-js: a callback that is not registered ends on the provider's page", async ({
  tab,
  sandbox,
  application,
}) => {
  const options = await register(sandbox, application);
  await leave(tab, options, { redirect_uri: `${application.origin}/elsewhere` });
  await expect(tab.getByRole("alert")).toContainText("Callback URL mismatch.");
  await tab.waitForURL((url) => url.searchParams.get("error") === "unauthorized_client");
  const said = new URL(tab.url());
  expect(said.origin).toBe(sandbox.issuer);
  expect([...said.searchParams.keys()].sort()).toEqual([
    "client_id",
    "error",
    "error_description",
    "lang",
    "tracking",
  ]);
});

test("auth0-spa-js in strict third-party mode fails cleanly", async ({ tab, sandbox, application }) => {
  const options = await register(sandbox, application, { third_party: true });
  // The hidden frame may not show the error page, hence the SDK's own limit ends the wait.
  await createClient(tab, { ...options, authorizeTimeoutInSeconds: 2 });
  expect(await call(tab, "getTokenSilently")).toMatchObject({ error: "timeout" });

  const opened = tab.waitForEvent("popup");
  const outcome = call(tab, "loginWithPopup");
  const popup = await opened;
  await expect(popup.getByRole("alert")).toContainText("Unsupported parameter");
  await popup.close();
  expect((await outcome).description).toMatch(/closed|cancel/i);

  await leave(tab, options);
  await expect(tab.getByRole("alert")).toContainText("Unsupported parameter");
  expect(new URL(tab.url()).origin).toBe(sandbox.issuer);
});
