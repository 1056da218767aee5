import { AuthenticationError, GenericError } from "@auth0/auth0-spa-js";
import { QueryClientProvider } from "@tanstack/react-query";
import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { type DefaultBodyType, HttpResponse, http } from "msw";
import { type ExoticComponent, Fragment, type PropsWithChildren, StrictMode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listen, type Notice } from "@/shared/connect/channel";
import { takeFinishedLogin } from "@/shared/connect/finished-login";
import { createQueryClient } from "@/shared/session/query-client";
import { config, session } from "@/test/fixtures";
import { problem, server, url } from "@/test/server";
import { createAuthClient } from "./auth-client";
import { CallbackPage } from "./callback-page";
import { rememberWindow } from "./window-context";

vi.mock("./auth-client", () => ({ createAuthClient: vi.fn() }));

const user = userEvent.setup();
const callback = "/callback?code=the-code&state=the-state";
let posts: { authorization: string | null; body: Record<string, unknown> }[];
let notices: Notice[];
let stop: () => void;
let sdk: {
  handleRedirectCallback: ReturnType<typeof vi.fn>;
  getTokenSilently: ReturnType<typeof vi.fn>;
  getUser: ReturnType<typeof vi.fn>;
  logout: ReturnType<typeof vi.fn>;
};

beforeEach(() => {
  posts = [];
  notices = [];
  stop = listen((notice) => notices.push(notice));
  vi.spyOn(window, "close").mockImplementation(() => {});
  sdk = {
    handleRedirectCallback: vi.fn(async () => ({ appState: { replace: false } })),
    getTokenSilently: vi.fn(async () => ({ access_token: "access-1", id_token: "id-1" })),
    getUser: vi.fn(async () => ({ email: "new@example.com" })),
    logout: vi.fn(async () => {}),
  };
  vi.mocked(createAuthClient).mockReturnValue(sdk as unknown as ReturnType<typeof createAuthClient>);
  rememberWindow({ attempt: "a1", mode: "window" });
  // What the SDK leaves behind when it stops half-way.
  sessionStorage.setItem("a0.spajs.txs.spa", "{}");
  // biome-ignore lint/suspicious/noDocumentCookie: as the SDK does
  document.cookie = "auth0.spa.is.authenticated=true; path=/";
});

afterEach(() => stop());

function answers(...list: Answer[]) {
  server.use(
    http.post(url("/session"), async ({ request }) => {
      const body = (await request.json()) as Record<string, unknown>;
      posts.push({ authorization: request.headers.get("Authorization"), body });
      return (list[posts.length - 1] ?? list[list.length - 1])?.();
    }),
  );
}

type Answer = () => HttpResponse<DefaultBodyType>;

const made: Answer = () => HttpResponse.json(session({ email: "new@example.com" }), { status: 201 });
const refused =
  (...args: Parameters<typeof problem>): Answer =>
  () =>
    problem(...args);

function arrive(path = callback, Mode: ExoticComponent<PropsWithChildren> = Fragment) {
  window.history.replaceState(null, "", path);
  return render(
    <Mode>
      <QueryClientProvider client={createQueryClient()}>
        <CallbackPage />
      </QueryClientProvider>
    </Mode>,
  );
}

const heading = (name: string | RegExp) =>
  screen.findByRole("heading", { level: 1, name }, { timeout: 3000 });

function expectNoTraces() {
  expect(sdk.logout).toHaveBeenCalledWith({ openUrl: false });
  expect(Object.keys(sessionStorage).filter((key) => key.includes("a0.spajs"))).toEqual([]);
  expect(document.cookie).not.toContain("auth0.");
}

test("success: the token is posted once, storage is cleaned, the opener is notified, the window closes", async () => {
  answers(made);
  arrive();
  await heading("Your account is connected");
  expect(posts).toEqual([{ authorization: "Bearer access-1", body: { id_token: "id-1" } }]);
  expectNoTraces();
  await vi.waitFor(() => expect(notices).toEqual([{ type: "connected", attempt: "a1" }]));
  await vi.waitFor(() => expect(window.close).toHaveBeenCalledOnce(), { timeout: 2000 });
  expect(screen.getByRole("link", { name: "continue here" }).getAttribute("href")).toBe("/");
});

test.each([
  ["made: the page that it comes back to knows which account it ended with", "made"],
  ["cancelled: nothing is left that could pass for one", "cancelled"],
])("a login for a service, without a window, %s", async (_, outcome) => {
  if (outcome === "cancelled") {
    sdk.handleRedirectCallback.mockRejectedValue(new AuthenticationError("access_denied", "", "s"));
  }
  rememberWindow({ attempt: "a1", mode: "redirect", forService: "cs_1" });
  answers(made);
  arrive();
  await heading(outcome === "made" ? "Your account is connected" : "You cancelled the login");
  const login = { forService: "cs_1", connection: "con-1" };
  expect(takeFinishedLogin("cs_1")).toEqual(outcome === "made" ? login : undefined);
});

test("a login for a service, in a window, leaves nothing behind for a later visit", async () => {
  rememberWindow({ attempt: "a1", mode: "window", forService: "cs_1" });
  answers(made);
  arrive();
  await heading("Your account is connected");
  expect(takeFinishedLogin("cs_1")).toBeUndefined();
});

test("code and state leave the address before anything is awaited", async () => {
  answers(made);
  arrive();
  expect(window.location.pathname + window.location.search).toBe("/callback");
  // The page continues after it is removed. Left to itself, it would use the login SDK of the next test.
  await heading("Your account is connected");
});

test("the callback is redeemed once, also where effects run twice", async () => {
  answers(made);
  arrive(callback, StrictMode);
  await heading("Your account is connected");
  expect(sdk.handleRedirectCallback).toHaveBeenCalledExactlyOnceWith(`http://localhost:8080${callback}`);
  expect(posts).toHaveLength(1);
  await vi.waitFor(() => expect(window.close).toHaveBeenCalledOnce(), { timeout: 2000 });
  expect(notices).toEqual([{ type: "connected", attempt: "a1" }]);
});

test("the SDK still gets the whole address, and is asked for a token from memory alone", async () => {
  answers(made);
  arrive();
  await heading("Your account is connected");
  expect(sdk.handleRedirectCallback).toHaveBeenCalledExactlyOnceWith(`http://localhost:8080${callback}`);
  expect(sdk.getTokenSilently.mock.calls[0]?.[0]).toMatchObject({ cacheMode: "cache-only" });
});

test("replacing was asked for beforehand: the post says so", async () => {
  sdk.handleRedirectCallback.mockResolvedValue({ appState: { replace: true } });
  answers(made);
  arrive();
  await heading("Your account is connected");
  expect(posts[0]?.body).toEqual({ id_token: "id-1", replace: true });
});

test("cancelled at the provider: shows our words, never the URL's, and notifies the opener", async () => {
  sdk.handleRedirectCallback.mockRejectedValue(new AuthenticationError("access_denied", "<b>boo</b>", "s"));
  arrive("/callback?error=access_denied&error_description=%3Cb%3Eboo%3C/b%3E&state=s");
  await heading("You cancelled the login");
  expect(document.body.innerHTML).not.toContain("boo");
  await vi.waitFor(() => expect(notices).toEqual([{ type: "cancelled", attempt: "a1" }]));
  expectNoTraces();
  await user.click(screen.getByRole("button", { name: "Close this window" }));
  expect(window.close).toHaveBeenCalledOnce();
});

test.each([
  ["no login of ours is in progress", callback, new GenericError("missing_transaction", "Invalid state")],
  ["the state is another's", callback, new GenericError("state_mismatch", "Invalid state")],
  ["the code was used before", callback, new GenericError("invalid_grant", "Invalid authorization code")],
  ["the address carries nothing", "/callback", new Error("no query params")],
])("%s: a designed page, and nothing is posted", async (_, path, error) => {
  sdk.handleRedirectCallback.mockRejectedValue(error);
  arrive(path);
  await heading("This login is invalid or has expired");
  screen.getByRole("button", { name: "Start again" });
  expectNoTraces();
  await vi.waitFor(() => expect(notices).toEqual([{ type: "failed", attempt: "a1" }]));
});

test("the token endpoint cannot be reached", async () => {
  sdk.handleRedirectCallback.mockRejectedValue(new TypeError("Failed to fetch"));
  arrive();
  await heading("Upstash login is not responding");
  expectNoTraces();
});

test("another account is connected: the user confirms, and Switch posts the same token again", async () => {
  answers(refused(409, "account_mismatch"), made);
  server.use(http.get(url("/session"), () => HttpResponse.json(session({ email: "old@example.com" }))));
  arrive();
  await heading("Switch to the other account?");
  expect(document.body.textContent).toContain("old@example.com");
  expect(document.body.textContent).toContain("new@example.com");
  expect(sdk.logout).not.toHaveBeenCalled();

  await user.click(screen.getByRole("button", { name: "Switch to new@example.com" }));
  await heading("Your account is connected");
  expect(posts.map((post) => post.body)).toEqual([{ id_token: "id-1" }, { id_token: "id-1", replace: true }]);
  expectNoTraces();
});

test("another account is connected: Keep posts nothing and forgets the token", async () => {
  answers(refused(409, "account_mismatch"));
  server.use(http.get(url("/session"), () => HttpResponse.json(session({ email: "old@example.com" }))));
  arrive();
  await user.click(await screen.findByRole("button", { name: "Stay signed in as old@example.com" }));
  await vi.waitFor(() => expect(window.close).toHaveBeenCalledOnce());
  expect(posts).toHaveLength(1);
  expectNoTraces();
});

test.each([
  [undefined, "connected"],
  ["cs_1", "cancelled"],
])("keeping the account, in a login for the service %s, passes for %s", async (forService, type) => {
  rememberWindow({ attempt: "a1", mode: "window", ...(forService === undefined ? {} : { forService }) });
  answers(refused(409, "account_mismatch"));
  server.use(http.get(url("/session"), () => HttpResponse.json(session({ email: "old@example.com" }))));
  arrive();
  await user.click(await screen.findByRole("button", { name: "Stay signed in as old@example.com" }));
  await vi.waitFor(() => expect(notices).toEqual([{ type, attempt: "a1" }]));
});

test("a connect in progress elsewhere: the wait is visible, and the page retries automatically", async () => {
  answers(refused(409, "connect_in_progress", {}, { "Retry-After": "1" }), made);
  arrive();
  await heading("Almost there");
  screen.getByText("1 s");
  await heading("Your account is connected");
  expect(posts).toHaveLength(2);
});

test("a passing outage: shows its wait, and retries automatically with the same token", async () => {
  answers(refused(503, "issuer_unavailable", {}, { "Retry-After": "1" }), made);
  arrive();
  await heading("Logins cannot be verified right now");
  screen.getByText("req-42");
  expect(notices, "the login is not over yet").toEqual([]);
  expect(sdk.logout).not.toHaveBeenCalled();
  await heading("Your account is connected");
  expect(posts).toHaveLength(2);
  expectNoTraces();
});

test.each([
  ["email_unusable", 422, /no usable e-mail/, true],
  ["mint_refused", 502, /did not create a key/, true],
  ["account_type_unsupported", 422, /type of account cannot be connected/, true],
  ["token_too_old", 401, /login took too long/, false],
  ["invalid_token", 401, /login was rejected/, false],
  ["client_not_allowed", 403, /belongs to another application/, false],
])("%s: words, request number, a way on, and no token kept", async (code, status, title, otherAccount) => {
  answers(refused(status, code));
  arrive();
  await heading(title);
  screen.getByText("req-42");
  screen.getByRole("button", { name: "Start again" });
  expect(screen.queryByRole("button", { name: "Use another account" }) !== null).toBe(otherAccount);
  await vi.waitFor(() => expect(notices).toEqual([{ type: "failed", attempt: "a1" }]));
  expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
  expectNoTraces();
});

test("no room for another key: the keys that can go are named, with the way there", async () => {
  const key = {
    name: "ACME_API_KEY_0_old",
    state: "left_behind" as const,
    since: "",
    console_url: "https://console.upstash.com/account/api",
  };
  answers(refused(409, "upstash_key_limit", { leftover_keys: [key] }));
  arrive();
  await heading(/has reached its limit of keys/);
  screen.getByText("ACME_API_KEY_0_old");
  expect(screen.getByRole("link", { name: /Open the Upstash console/ })).toHaveProperty(
    "href",
    key.console_url,
  );
});

test("the key limit is reached without keys of ours: links to this installation's console", async () => {
  answers(refused(409, "upstash_key_limit"));
  arrive();
  await heading(/has reached its limit of keys/);
  const link = await screen.findByRole("link", { name: /Open the Upstash console/ });
  expect(link).toHaveProperty("href", config.console_url);
});

test("a callback in a tab that began no login offers Back, not to close the tab", async () => {
  sessionStorage.clear();
  sdk.handleRedirectCallback.mockRejectedValue(new GenericError("missing_transaction", "Invalid state"));
  arrive();
  await heading("This login is invalid or has expired");
  await act(async () => {});
  screen.getByRole("button", { name: "Back" });
});
