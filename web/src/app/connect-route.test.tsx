import { act, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { beforeEach, expect, test, vi } from "vitest";
import { leaveForLogin } from "@/features/connect/login-window-handle";
import { leaveTo } from "@/features/consent/leave";
import { goToLogin } from "@/features/login-window/auth-client";
import type { Transaction } from "@/shared/api/services";
import { connectPath, findAttempt, rememberAttempt } from "@/shared/connect/attempt";
import { broadcast } from "@/shared/connect/channel";
import { rememberFinishedLogin } from "@/shared/connect/finished-login";
import { policy, session, transaction } from "@/test/fixtures";
import { problem, server, url } from "@/test/server";
import { App } from "./app";
import "@/features/consent/consent-page"; // read before the tests begin: it takes longer than they wait
import "@/features/login-window/login-window";

vi.mock("@/features/consent/leave", () => ({ leaveTo: vi.fn(() => true) }));
vi.mock("@/features/login-window/auth-client", () => ({ goToLogin: vi.fn(async () => {}) }));
vi.mock("@/features/connect/login-window-handle", async (original) => ({
  ...(await original<typeof import("@/features/connect/login-window-handle")>()),
  leaveForLogin: vi.fn(),
}));

const user = userEvent.setup();
const builtIn = { id: "self", name: "ACME", built_in: true, return_host: "acme.example" };
const back = "https://deploys.example/done?code=c&connect_session=cs_1";

/** The server's side: one transaction, and the account that the browser's cookie is of. */
let held: Transaction;
let signedInAs: string | null;
let calls: { call: string; body: unknown }[];
let open: ReturnType<typeof vi.spyOn>;

const emailOf = (id: string) => `${id}@example.com`;
const accountOf = (id: string) => ({ connection_id: id, email: emailOf(id) });
const sent = (call: string) => calls.filter((each) => each.call === call).map(({ body }) => body);

beforeEach(() => {
  held = transaction();
  signedInAs = null;
  calls = [];
  vi.mocked(leaveTo).mockReset().mockReturnValue(true);
  vi.mocked(leaveForLogin).mockReset();
  vi.mocked(goToLogin).mockReset();
  open = vi.spyOn(window, "open").mockReturnValue({
    closed: false,
    focus: () => {},
    close: () => {},
  } as unknown as Window);
  const note = async (request: Request) => {
    const body = request.headers.get("Content-Type") === null ? undefined : await request.json();
    calls.push({ call: `${request.method} ${new URL(request.url).pathname.slice("/api/v1".length)}`, body });
  };
  server.use(
    http.get(url("/session"), () => {
      if (signedInAs === null) return problem(401, "authentication_required");
      return HttpResponse.json(session({ id: signedInAs, email: emailOf(signedInAs) }));
    }),
    http.post(url("/transaction"), async ({ request }) => {
      await note(request);
      return HttpResponse.json(held);
    }),
    http.get(url("/transaction"), () => HttpResponse.json(held)),
    http.post(url("/transaction/account"), async ({ request }) => {
      await note(request);
      if (signedInAs === null) return problem(401, "authentication_required");
      held = { ...held, state: "consenting", account: accountOf(signedInAs) };
      return HttpResponse.json(held);
    }),
    http.post(url("/transaction/approval"), async ({ request }) => {
      await note(request);
      return HttpResponse.json({ return_url: back });
    }),
    http.delete(url("/transaction"), async ({ request }) => {
      await note(request);
      return HttpResponse.json({ return_url: `${back}&error=access_denied` });
    }),
  );
});

function visit(path = "/connect#the-invitation") {
  window.history.replaceState(null, "", path);
  return render(<App />);
}

const heading = (name: string | RegExp) => screen.findByRole("heading", { level: 1, name });
const button = (name: string | RegExp) => screen.findByRole("button", { name });
const press = async (name: string | RegExp) => user.click(await button(name));

/** The attempt of the last login window. */
function attempt() {
  const address = new URL(String(open.mock.lastCall?.[0]), "http://x");
  return findAttempt(address.searchParams.get("attempt"));
}

async function logIn(as: string) {
  signedInAs = as;
  const id = attempt()?.id ?? "";
  await act(async () => broadcast({ type: "connected", attempt: id }));
}

test("the fragment is gone before anything is asked, and the invitation is posted once", async () => {
  visit();
  expect(window.location.href).toBe("http://localhost:8080/connect");
  await heading("Deploys asks to use your Upstash account");
  expect(sent("POST /transaction")).toEqual([{ invitation: "the-invitation" }]);
});

test("who asks for what, in words: with its id and the host that the browser goes back to", async () => {
  visit();
  await heading("Deploys asks to use your Upstash account");
  const text = document.querySelector("main")?.textContent ?? "";
  for (const part of [
    "Deploys deploys",
    "deploys.example",
    "Jane at Deploys",
    "List your databases",
    "Create databases in your Upstash account",
    "Read the password and tokens of a database",
    "All databases of your Upstash account",
    "At most 5",
    "At most 200",
    "us-east-1, eu-west-1",
  ]) {
    expect(text).toContain(part);
  }
});

test("a service's name is text, also when it looks like markup", async () => {
  const name = "<img src=x onerror=alert(1)>";
  held = transaction({ service: { ...held.service, name }, display_name: "<b>Jane</b>" });
  visit();
  await heading(`${name} asks to use your Upstash account`);
  expect(document.querySelector("main img, main b")).toBeNull();
  screen.getByText("<b>Jane</b>");
});

test("without a session: a login that asks who it is, offers the hint, and then the consent", async () => {
  held = transaction({ login_hint: "jane@example.com" });
  visit();
  await press("Connect Upstash");
  expect(attempt()).toMatchObject({
    promptLogin: true,
    replace: false,
    loginHint: "jane@example.com",
    forService: "cs_1",
  });
  screen.getByRole("heading", { name: /Waiting for you to log in/ });

  await logIn("jane");
  await heading("What may Deploys do?");
  screen.getByText("jane@example.com");
  screen.getByText("deploys");
  expect(sent("POST /transaction/approval")).toEqual([]);

  await press("Allow");
  await heading("Taking you back to Deploys…");
  expect(leaveTo).toHaveBeenCalledExactlyOnceWith(back);
  expect(sent("POST /transaction/approval")).toEqual([
    { id: "cs_1", connection_id: "jane", scopes: policy.scopes, databases: "all", max_databases: 5 },
  ]);
});

test("with a session: Continue as it, and the user allows less", async () => {
  signedInAs = "demo";
  visit();
  await press("Continue as demo@example.com");
  await heading("What may Deploys do?");

  await user.click(screen.getByRole("checkbox", { name: /Read the password/ }));
  await user.click(screen.getByRole("radio", { name: /Only databases that it creates/ }));
  const most = screen.getByRole("textbox", { name: "Maximum number of databases it may create" });
  await user.clear(most);
  await user.type(most, "2");
  await press("Allow");

  await vi.waitFor(() => expect(leaveTo).toHaveBeenCalledOnce());
  expect(sent("POST /transaction/approval")).toEqual([
    {
      id: "cs_1",
      connection_id: "demo",
      scopes: ["redis.list", "redis.create"],
      databases: "created",
      max_databases: 2,
    },
  ]);
});

test.each(["6", "0", "", "1.5", "two"])(
  "%j is no number of databases: said, and nothing is sent",
  async (entry) => {
    signedInAs = "demo";
    visit();
    await press("Continue as demo@example.com");
    const most = await screen.findByRole("textbox", { name: "Maximum number of databases it may create" });
    await user.clear(most);
    if (entry !== "") await user.type(most, entry);
    await press("Allow");
    expect((await screen.findByRole("alert")).textContent).toContain("Enter a whole number from 1 to 5.");
    expect(sent("POST /transaction/approval")).toEqual([]);
  },
);

test("nothing chosen at all is no consent", async () => {
  signedInAs = "demo";
  visit();
  await press("Continue as demo@example.com");
  for (const box of await screen.findAllByRole("checkbox")) await user.click(box);
  await press("Allow");
  expect((await screen.findByRole("alert")).textContent).toContain("Select at least one");
  expect(sent("POST /transaction/approval")).toEqual([]);
});

test("Use another account: a login that takes the place of the present one", async () => {
  signedInAs = "old";
  held = transaction({ login_hint: "jane@example.com" });
  visit();
  await press("Use another account");
  expect(attempt()).toMatchObject({ promptLogin: true, replace: true, forService: "cs_1" });
  expect(attempt()?.loginHint).toBeUndefined();
  await logIn("new");
  await heading("What may Deploys do?");
  screen.getByText("new@example.com");
  expect(document.body.textContent).not.toContain("old@example.com");
});

test("refusing goes back to the service, before and after the account is chosen", async () => {
  signedInAs = "demo";
  visit();
  await press("Continue as demo@example.com");
  await heading("What may Deploys do?");
  await press("Decline");
  await heading("Taking you back to Deploys…");
  expect(leaveTo).toHaveBeenCalledExactlyOnceWith(`${back}&error=access_denied`);
  expect(sent("POST /transaction/approval")).toEqual([]);
});

test("refusing needs no account", async () => {
  visit();
  await press("Decline");
  await vi.waitFor(() => expect(leaveTo).toHaveBeenCalledOnce());
  expect(sent("DELETE /transaction")).toHaveLength(1);
});

test("the built-in service: the sentence above Connect is the consent, and the login ends it", async () => {
  held = transaction({ service: builtIn });
  visit();
  await heading("Connect Upstash to ACME");
  screen.getByText(/With “Connect Upstash” you allow/);
  await press("Connect Upstash");
  await logIn("jane");
  await vi.waitFor(() => expect(leaveTo).toHaveBeenCalledExactlyOnceWith(back));
  expect(sent("POST /transaction/approval")).toEqual([
    { id: "cs_1", connection_id: "jane", scopes: policy.scopes, databases: "all", max_databases: 5 },
  ]);
});

test("the built-in service: Continue as is the consent, too", async () => {
  held = transaction({ service: builtIn });
  signedInAs = "demo";
  visit();
  await screen.findByText(/With “Continue as demo@example.com” you allow/);
  await press("Continue as demo@example.com");
  await vi.waitFor(() => expect(leaveTo).toHaveBeenCalledOnce());
});

test("the built-in service: an account that another tab connected meanwhile is asked for first", async () => {
  held = transaction({ service: builtIn });
  visit();
  await press("Connect Upstash");
  signedInAs = "other";
  await act(async () => {
    window.dispatchEvent(new Event("focus"));
  });
  await button("Continue as other@example.com");
  expect(calls.map(({ call }) => call)).toEqual(["POST /transaction"]);
});

test("the built-in service: another account than the one on screen gets no consent", async () => {
  held = transaction({ service: builtIn });
  signedInAs = "demo";
  visit();
  await button("Continue as demo@example.com");
  signedInAs = "other"; // in another tab
  await press("Continue as demo@example.com");
  expect((await screen.findByRole("alert")).textContent).toContain("another Upstash account");
  await button("Continue as other@example.com");
  expect(sent("POST /transaction/approval")).toEqual([]);
});

test("the built-in service, loaded again half-way: asked again, not approved", async () => {
  held = transaction({ service: builtIn, state: "consenting", account: accountOf("demo") });
  signedInAs = "demo";
  visit("/connect");
  await button("Continue as demo@example.com");
  expect(calls).toEqual([]);
});

test.each([
  ["a login for it that has come back is the consent", "cs_1", "jane", true],
  ["a login for another invitation is not", "cs_2", "jane", false],
  ["a login as somebody else than the browser is now is not", "cs_1", "other", false],
])("the built-in service, without a window: %s", async (_, forService, connection, approved) => {
  held = transaction({ service: builtIn });
  signedInAs = "jane";
  rememberFinishedLogin({ forService, connection });
  visit("/connect");
  if (approved) await vi.waitFor(() => expect(leaveTo).toHaveBeenCalledOnce());
  else await button("Continue as jane@example.com");
  expect(sent("POST /transaction/approval")).toHaveLength(approved ? 1 : 0);
});

test("a blocked window: the page itself goes to the login, and knows where to come back to", async () => {
  open.mockReturnValue(null);
  visit();
  await press("Connect Upstash");
  expect(vi.mocked(leaveForLogin).mock.lastCall?.[0]).toMatchObject({ forService: "cs_1" });
});

test("after a reload with the account bound, the consent continues for that account", async () => {
  held = transaction({ state: "consenting", account: accountOf("demo") });
  signedInAs = "other";
  visit("/connect");
  await heading("What may Deploys do?");
  screen.getByText("demo@example.com");
  expect(document.body.textContent).not.toContain("other@example.com");
});

test("the session is of another account by then: the account screen again, with what it is now", async () => {
  held = transaction({ state: "consenting", account: accountOf("demo") });
  signedInAs = "demo";
  visit("/connect");
  await heading("What may Deploys do?");
  signedInAs = "other";
  server.use(http.post(url("/transaction/approval"), () => problem(409, "account_mismatch")));
  await press("Allow");
  await heading("Deploys asks to use your Upstash account");
  expect(screen.getByRole("alert").textContent).toContain("another Upstash account");
  await button("Continue as other@example.com");
  expect(document.body.textContent).not.toContain("demo@example.com");
});

test.each([
  ["Allow", "POST /transaction/approval"],
  ["Decline", "DELETE /transaction"],
])("another tab opened another invitation: %s decides nothing for it", async (name, call) => {
  held = transaction({ state: "consenting", account: accountOf("demo") });
  signedInAs = "demo";
  visit("/connect");
  await heading("What may Deploys do?");
  held = transaction({ id: "cs_2", service: { ...held.service, name: "Evil", id: "evil" } });
  await press(name);
  await heading("Evil asks to use your Upstash account");
  expect(screen.getByRole("alert").textContent).toContain("another invitation");
  expect(sent(call)).toEqual([]);
});

test("another tab bound another account: what was allowed for the first is not sent for it", async () => {
  held = transaction({ state: "consenting", account: accountOf("demo") });
  signedInAs = "demo";
  visit("/connect");
  await heading("What may Deploys do?");
  signedInAs = "other";
  held = { ...held, account: accountOf("other") };
  await press("Allow");
  expect((await screen.findByRole("alert")).textContent).toContain("another Upstash account");
  await button("Continue as other@example.com");
  expect(sent("POST /transaction/approval")).toEqual([]);
});

test.each(["reconnect_required", "connect_required"])(
  "409 %s: a login puts a new key in place",
  async (code) => {
    held = transaction({ state: "consenting", account: accountOf("demo") });
    signedInAs = "demo";
    visit("/connect");
    await heading("What may Deploys do?");
    server.use(http.post(url("/transaction/approval"), () => problem(409, code)));
    await press("Allow");
    expect((await screen.findByRole("alert")).textContent).toContain("no longer accepts the key");
    await button("Connect Upstash");
  },
);

test("the session has ended by then: a login, and no error", async () => {
  signedInAs = "demo";
  visit();
  await button("Continue as demo@example.com");
  signedInAs = null;
  await press("Continue as demo@example.com");
  await button("Connect Upstash");
  expect(screen.queryByRole("alert")).toBeNull();
});

test("an outage: said where the user stands, and the choice can be sent again", async () => {
  signedInAs = "demo";
  visit();
  await press("Continue as demo@example.com");
  await heading("What may Deploys do?");
  server.use(
    http.post(url("/transaction/approval"), () => problem(503, "storage_unavailable"), { once: true }),
  );
  await press("Allow");
  expect((await screen.findByRole("alert")).textContent).toContain("Our storage is not responding");
  screen.getByText("req-42");
  await press("Allow");
  await vi.waitFor(() => expect(leaveTo).toHaveBeenCalledOnce());
});

test("410: a calm screen, and nothing to press", async () => {
  server.use(http.post(url("/transaction"), () => problem(410, "invitation_expired")));
  visit();
  await heading("This invitation is no longer open");
  screen.getByText("It has expired or was already opened. Start again in the app that sent you.");
  expect(screen.queryByRole("button")).toBeNull();
  expect(screen.queryByRole("alert")).toBeNull();
});

test("410 while the user decides", async () => {
  signedInAs = "demo";
  visit();
  await press("Continue as demo@example.com");
  await heading("What may Deploys do?");
  server.use(http.post(url("/transaction/approval"), () => problem(410, "invitation_expired")));
  await press("Allow");
  await heading("This invitation is no longer open");
  expect(Object.keys(sessionStorage)).toEqual([]);
});

test("an invitation that could not be opened is tried again with the same invitation", async () => {
  server.use(http.post(url("/transaction"), () => problem(503, "storage_unavailable"), { once: true }));
  visit();
  await heading("The invitation could not be opened");
  await press("Retry");
  await heading("Deploys asks to use your Upstash account");
  expect(sent("POST /transaction")).toEqual([{ invitation: "the-invitation" }]);
});

test("only the session could not be read: the invitation, which opens once, is not posted again", async () => {
  server.use(http.get(url("/session"), () => problem(503, "storage_unavailable"), { once: true }));
  visit();
  await heading("The invitation could not be opened");
  await press("Retry");
  await heading("Deploys asks to use your Upstash account");
  expect(sent("POST /transaction")).toHaveLength(1);
});

test("a second link, followed in the same tab, opens its invitation", async () => {
  visit();
  await heading("Deploys asks to use your Upstash account");
  held = transaction({ id: "cs_2", service: { ...held.service, name: "Second" } });
  await act(async () => {
    window.history.replaceState(null, "", "/connect#another");
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  });
  await heading("Second asks to use your Upstash account");
  expect(window.location.hash).toBe("");
  expect(sent("POST /transaction")).toEqual([{ invitation: "the-invitation" }, { invitation: "another" }]);
});

test("the page does not go to an address that is not one of the web", async () => {
  vi.mocked(leaveTo).mockReturnValue(false);
  visit();
  await press("Decline");
  await heading("The invitation could not be opened");
});

test("a reconnect asks for a login, even with a session, and says that its permissions do not change", async () => {
  held = transaction({ reconnect: true });
  signedInAs = "demo";
  visit();
  await heading("Deploys asks you to log in again");
  screen.getByText(/Its permissions do not change/);
  screen.getByText("deploys.example");
  expect(screen.queryByText("List your databases")).toBeNull();
  expect(screen.queryByRole("button", { name: /Continue as/ })).toBeNull();
  await press("Log in again");
  await logIn("demo");
  await vi.waitFor(() => expect(leaveTo).toHaveBeenCalledOnce());
  expect(sent("POST /transaction/approval")).toEqual([{ id: "cs_1", connection_id: "demo" }]);
});

test("a reconnect of another account's grant: which account it has to be", async () => {
  held = transaction({ reconnect: true });
  server.use(http.post(url("/transaction/approval"), () => problem(409, "account_mismatch")));
  visit();
  await press("Log in again");
  await logIn("wrong");
  expect((await screen.findByRole("alert")).textContent).toContain(
    "not the Upstash account that you connected",
  );
  expect(leaveTo).not.toHaveBeenCalled();
});

test.each([
  [410, "invitation_expired"],
  [404, "not_found"],
])("nobody sent this browser (%d %s): the plain page to connect", async (status, code) => {
  server.use(http.get(url("/transaction"), () => problem(status, code)));
  visit("/connect");
  await heading("Connect Upstash");
  await button("Continue to Upstash");
});

test("the invitation was opened in this tab and is over since: said so, once", async () => {
  const first = visit();
  await heading("Deploys asks to use your Upstash account");
  first.unmount();
  server.use(http.get(url("/transaction"), () => problem(410, "invitation_expired")));
  const second = visit("/connect");
  await heading("This invitation is no longer open");
  second.unmount();
  visit("/connect");
  await button("Continue to Upstash");
});

test("a window opened by a button here continues to the login, and requests no transaction", async () => {
  visit(connectPath(rememberAttempt({}), "window"));
  await vi.waitFor(() => expect(goToLogin).toHaveBeenCalledOnce());
  expect(calls).toEqual([]);
});

test("keyboard: the heading takes the focus, and Tab comes to the first choice", async () => {
  signedInAs = "demo";
  visit();
  const first = await heading("Deploys asks to use your Upstash account");
  await vi.waitFor(() => expect(document.activeElement).toBe(first));
  await user.tab();
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Continue as demo@example.com" }));
  await user.keyboard("{Enter}");
  const second = await heading("What may Deploys do?");
  await vi.waitFor(() => expect(document.activeElement).toBe(second));
});

test("the identity block is the same list on both screens", async () => {
  signedInAs = "demo";
  visit();
  await button("Continue as demo@example.com");
  const who = () => screen.getByLabelText("Who asks");
  within(who()).getByText("deploys.example");
  await press("Continue as demo@example.com");
  await heading("What may Deploys do?");
  within(who()).getByText("deploys.example");
  within(who()).getByText("deploys");
});
