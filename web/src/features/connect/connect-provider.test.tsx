import { QueryClientProvider } from "@tanstack/react-query";
import { act, fireEvent, render, screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findAttempt } from "@/shared/connect/attempt";
import { broadcast } from "@/shared/connect/channel";
import { timing } from "@/shared/connect/timing";
import { configQuery } from "@/shared/session/config";
import { forgetDeparture, rememberDeparture } from "@/shared/session/departure";
import { createQueryClient } from "@/shared/session/query-client";
import { sessionQuery } from "@/shared/session/session";
import { config, session } from "@/test/fixtures";
import { problem, server, url } from "@/test/server";
import { ConnectButton } from "./connect-button";
import { ConnectPanel } from "./connect-panel";
import { ConnectProvider, useConnect } from "./connect-provider";
import { leaveForLogin } from "./login-window-handle";

vi.mock("./login-window-handle", async (original) => ({
  ...(await original<typeof import("./login-window-handle")>()),
  leaveForLogin: vi.fn(),
}));

let popup: { closed: boolean; focus(): void; close(): void };
let open: ReturnType<typeof vi.spyOn>;
let signedInAs: string | null;
let reads: number;
const onConnected = vi.fn();

beforeEach(() => {
  vi.useFakeTimers({
    shouldAdvanceTime: true,
    toFake: ["setTimeout", "setInterval", "clearTimeout", "clearInterval", "Date"],
  });
  popup = { closed: false, focus: vi.fn(), close: vi.fn() };
  open = vi.spyOn(window, "open").mockImplementation(() => popup as Window);
  signedInAs = null;
  reads = 0;
  server.use(
    http.get(url("/session"), () => {
      reads++;
      if (signedInAs === null) return problem(401, "authentication_required");
      return HttpResponse.json(session({ id: signedInAs, email: `${signedInAs}@example.com` }));
    }),
  );
});

afterEach(() => {
  forgetDeparture();
  onConnected.mockReset();
  vi.mocked(leaveForLogin).mockReset();
});

function AnotherAccount() {
  const { start } = useConnect();
  return (
    <button type="button" onClick={() => start({ anotherAccount: true })}>
      Use another account
    </button>
  );
}

async function renderPage() {
  const client = createQueryClient();
  await client.fetchQuery(sessionQuery);
  await client.fetchQuery(configQuery);
  reads = 0;
  render(
    <QueryClientProvider client={client}>
      <ConnectProvider onConnected={onConnected}>
        <ConnectButton />
        <ConnectPanel />
        <AnotherAccount />
      </ConnectProvider>
    </QueryClientProvider>,
  );
  return client;
}

const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
const attemptOf = (call: number) =>
  new URL(String(open.mock.calls[call]?.[0]), "http://x").searchParams.get("attempt") ?? "";

async function notice(type: "connected" | "cancelled" | "failed", attempt: string) {
  await act(async () => {
    broadcast({ type, attempt });
    await vi.advanceTimersByTimeAsync(50);
  });
}

const spins = () => document.querySelector(".spinner") !== null;

test("the window opens within the click, for an attempt that /connect will know", async () => {
  await renderPage();
  press("Connect Upstash");
  expect(open).toHaveBeenCalledExactlyOnceWith(
    expect.stringMatching(/^\/connect\?attempt=[0-9a-f]{32}$/),
    "upstash-connect",
    "popup,width=480,height=720",
  );
  expect(findAttempt(attemptOf(0))).toMatchObject({ replace: false, promptLogin: false });
  screen.getByRole("heading", { name: /Waiting for you to log in/ });
});

test("a strict third-party client: no window, and the reason why", async () => {
  server.use(http.get(url("/config"), () => HttpResponse.json({ ...config, client_id: "tpc_123" })));
  await renderPage();
  press("Connect Upstash");
  expect(document.activeElement).toBe(
    screen.getByRole("heading", { name: /cannot be connected to Upstash yet/ }),
  );
  screen.getByText(/registered ACME as a strict third-party client/);
  screen.getByText("tpc_123");
  expect(open).not.toHaveBeenCalled();
  expect(leaveForLogin).not.toHaveBeenCalled();
  press("Close");
  screen.getByRole("button", { name: "Connect Upstash" });
});

test.each(["signed_out", "disconnected"] as const)(
  "after %s the login asks who it is, every time, until one succeeds",
  async (how) => {
    rememberDeparture(how);
    await renderPage();
    press("Connect Upstash");
    await notice("cancelled", attemptOf(0));
    press("Try again");
    expect(findAttempt(attemptOf(0))).toMatchObject({ replace: false, promptLogin: true });
    expect(findAttempt(attemptOf(1))).toMatchObject({ replace: false, promptLogin: true });
  },
);

test("a blocked window: the whole page goes to the login", async () => {
  open.mockImplementation(() => null);
  await renderPage();
  press("Connect Upstash");
  expect(leaveForLogin).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: attemptOf(0) }));
  screen.getByRole("heading", { name: /Taking you to Upstash/ });
});

test("the focus follows the login from state to state and comes back to the button", async () => {
  await renderPage();
  press("Connect Upstash");
  expect(document.activeElement).toBe(screen.getByRole("heading", { name: /Waiting for you/ }));
  popup.closed = true;
  await pass(timing.windowPoll);
  expect(document.activeElement).toBe(screen.getByRole("heading", { name: /Continue in the other window/ }));
  await notice("cancelled", attemptOf(0));
  expect(document.activeElement).toBe(screen.getByRole("heading", { name: /You cancelled the login/ }));
  press("Close");
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Connect Upstash" }));
});

test("a window that reads as closed is no verdict, and the later success wins", async () => {
  await renderPage();
  press("Connect Upstash");
  popup.closed = true;
  await pass(timing.windowPoll);
  screen.getByRole("heading", { name: /Continue in the other window, or start again/ });
  expect(onConnected).not.toHaveBeenCalled();

  signedInAs = "late";
  await notice("connected", attemptOf(0));
  expect(onConnected).toHaveBeenCalledExactlyOnceWith("late@example.com");
  screen.getByRole("button", { name: "Connect Upstash" });
});

test("once the window seems closed the session is read again until it is good, even with no message", async () => {
  await renderPage();
  press("Connect Upstash");
  popup.closed = true;
  await pass(timing.windowPoll);
  await pass(timing.sessionPoll + 100);
  expect(reads).toBe(1);
  signedInAs = "quiet";
  await pass(timing.sessionPoll + 100);
  expect(onConnected).toHaveBeenCalledExactlyOnceWith("quiet@example.com");
});

test("a forged message changes nothing: the server is asked and says no", async () => {
  await renderPage();
  press("Connect Upstash");
  await notice("connected", attemptOf(0));
  expect(reads).toBe(1);
  expect(onConnected).not.toHaveBeenCalled();
  screen.getByRole("heading", { name: /Waiting for you to log in/ });
});

test("coming back to the page reads the session", async () => {
  await renderPage();
  press("Connect Upstash");
  signedInAs = "focused";
  await act(async () => {
    window.dispatchEvent(new Event("focus"));
    await vi.advanceTimersByTimeAsync(50);
  });
  expect(onConnected).toHaveBeenCalledExactlyOnceWith("focused@example.com");
});

test("cancelled at the provider, tried again, and then it works", async () => {
  await renderPage();
  press("Connect Upstash");
  await notice("cancelled", attemptOf(0));
  screen.getByRole("heading", { name: /You cancelled the login at Upstash/ });

  press("Try again");
  expect(attemptOf(1)).not.toBe(attemptOf(0));
  signedInAs = "second";
  await notice("connected", attemptOf(1));
  expect(onConnected).toHaveBeenCalledExactlyOnceWith("second@example.com");
});

test("a login that failed in its window: nothing spins, and a later success wins", async () => {
  await renderPage();
  press("Connect Upstash");
  expect(spins()).toBe(true);
  await notice("failed", attemptOf(0));
  screen.getByRole("heading", { name: "The login did not succeed" });
  expect(spins()).toBe(false);

  signedInAs = "repaired";
  await notice("connected", attemptOf(0));
  expect(onConnected).toHaveBeenCalledExactlyOnceWith("repaired@example.com");
});

test("nothing spins once the window seems closed, or the login was cancelled or took too long", async () => {
  await renderPage();
  press("Connect Upstash");
  popup.closed = true;
  await pass(timing.windowPoll);
  expect(spins()).toBe(false);
  await notice("cancelled", attemptOf(0));
  expect(spins()).toBe(false);

  popup.closed = false;
  press("Try again");
  expect(spins()).toBe(true);
  await pass(timing.attemptLimit);
  expect(spins()).toBe(false);
});

test("another attempt's cancellation is not treated as ours", async () => {
  await renderPage();
  press("Connect Upstash");
  await notice("cancelled", "0123");
  screen.getByRole("heading", { name: /Waiting for you to log in/ });
});

test("after ten minutes it says so; a success after that still counts", async () => {
  await renderPage();
  press("Connect Upstash");
  await pass(timing.attemptLimit);
  screen.getByRole("heading", { name: "This took too long" });
  screen.getByText(/Did the window show an error from Upstash/);
  signedInAs = "slow";
  await notice("connected", attemptOf(0));
  expect(onConnected).toHaveBeenCalledExactlyOnceWith("slow@example.com");
});

test("giving up closes the window and goes back to the button", async () => {
  await renderPage();
  press("Connect Upstash");
  press("Cancel");
  expect(popup.close).toHaveBeenCalledOnce();
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Connect Upstash" }));
});

test("Open again brings the same attempt back, in a new window only if the old one is gone", async () => {
  await renderPage();
  press("Connect Upstash");
  press("Open again");
  expect(open).toHaveBeenCalledOnce();
  popup.closed = true;
  press("Open again");
  expect(open).toHaveBeenCalledTimes(2);
  expect(attemptOf(1)).toBe(attemptOf(0));
});

test("another account: seeing the old one again is no success, seeing the new one is", async () => {
  signedInAs = "old";
  await renderPage();
  press("Use another account");
  expect(findAttempt(attemptOf(0))).toMatchObject({ replace: true, promptLogin: true });

  await act(async () => {
    window.dispatchEvent(new Event("focus"));
    await vi.advanceTimersByTimeAsync(50);
  });
  expect(reads).toBe(1);
  expect(onConnected).not.toHaveBeenCalled();

  signedInAs = "new";
  await notice("connected", attemptOf(0));
  expect(onConnected).toHaveBeenCalledExactlyOnceWith("new@example.com");
});

test("another account, but the user chose the same one again", async () => {
  signedInAs = "same";
  await renderPage();
  press("Use another account");
  await notice("connected", attemptOf(0));
  expect(onConnected).toHaveBeenCalledExactlyOnceWith("same@example.com");
});
