import { type QueryClient, useMutation } from "@tanstack/react-query";
import { act, fireEvent, screen } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { rememberConnected } from "@/shared/session/returning";
import { type SessionState, sessionQuery } from "@/shared/session/session";
import { session } from "@/test/fixtures";
import { renderConnected } from "@/test/render";
import { ConnectPanel } from "./connect-panel";

const minute = 60_000;
const start = Date.parse("2026-11-22T10:00:00Z");
const iso = (minutes: number) => new Date(start + minutes * minute).toISOString();

let hidden: boolean;

beforeEach(() => {
  hidden = false;
  vi.spyOn(document, "hidden", "get").mockImplementation(() => hidden);
  // setInterval and Date move together. What React and the cache wait with is real.
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"], now: start });
});

function Panel() {
  const reveal = useMutation({ mutationFn: async () => "full-token", gcTime: 0 });
  return (
    <ConnectPanel reveal={reveal} hint="Each reveal is recorded.">
      {(secret, shown) => <button type="button">{shown ? secret : "masked"}</button>}
    </ConnectPanel>
  );
}

/** What the page learns when it reads a session that ends after these minutes. */
async function readSession(client: QueryClient, { idle = 120, absolute = 1440 }) {
  const known: SessionState = {
    kind: "connected",
    session: { ...session(), idle_until: iso(idle), expires_at: iso(absolute) },
  };
  await act(async () => {
    client.setQueryData(sessionQuery.queryKey, known);
    await new Promise((done) => setTimeout(done)); // the cache tells its readers in a later task
  });
}

/** Reveals and shows the credentials in a session that ends after these minutes. */
async function reveal({ idle = 120, absolute = 1440 } = {}) {
  const view = renderConnected(<Panel />);
  await readSession(view.client, { idle, absolute });
  fireEvent.click(screen.getByRole("button", { name: "Reveal credentials" }));
  fireEvent.click(await screen.findByRole("checkbox", { name: "Show secrets" }));
  screen.getByText("full-token");
  return view;
}

const pass = (minutes: number) => act(() => vi.advanceTimersByTimeAsync(minutes * minute));

function turn(toHidden: boolean) {
  hidden = toHidden;
  document.dispatchEvent(new Event("visibilitychange"));
}

const announced = () => screen.getByTestId("announcer").textContent?.trim();
const sessionEnded = "Credentials hidden, because your session ends";
const outOfView = "Credentials hidden, because this page was out of view for 5 minutes";

test.each([
  ["idle", { idle: 30 }],
  ["absolute", { absolute: 30 }],
])("the credentials are hidden at the %s end of the session", async (_, ends) => {
  await reveal(ends);
  await pass(29);
  screen.getByText("full-token");

  await pass(1.5);
  expect(document.documentElement.outerHTML).not.toContain("full-token");
  screen.getByRole("button", { name: "Reveal credentials" });
  screen.getByText(sessionEnded, { selector: ".hint" });
  expect(announced()).toBe(sessionEnded);
});

test("a session that was read again lasts longer", async () => {
  const { client } = await reveal({ idle: 30 });
  await pass(20);
  await readSession(client, { idle: 50 });
  await pass(20);
  screen.getByText("full-token");
  await pass(11);
  expect(screen.queryByText("full-token")).toBeNull();
});

test("the reveal itself extends the idle time", async () => {
  const { client } = renderConnected(<Panel />);
  await readSession(client, { idle: 30 });
  await pass(20);
  fireEvent.click(screen.getByRole("button", { name: "Reveal credentials" }));
  fireEvent.click(await screen.findByRole("checkbox", { name: "Show secrets" }));
  await pass(29);
  screen.getByText("full-token");
  await pass(2);
  expect(screen.queryByText("full-token")).toBeNull();
});

test("a clock that is ahead of the server's hides nothing that was just revealed", async () => {
  await reveal({ idle: -300, absolute: -60 });
  await pass(1);
  screen.getByText("full-token");
});

test("the credentials are hidden after 5 minutes out of view", async () => {
  await reveal();
  turn(true);
  await pass(4);
  screen.getByText("full-token");
  await pass(1.5);
  expect(document.documentElement.outerHTML).not.toContain("full-token");
  expect(announced()).toBe(outOfView);
});

test("a shorter absence hides nothing, and absences do not add up", async () => {
  await reveal();
  for (let times = 0; times < 3; times++) {
    turn(true);
    await pass(3);
    turn(false);
    await pass(3);
  }
  screen.getByText("full-token");
});

test("a computer that slept hides them before the page is seen", async () => {
  await reveal();
  turn(true);
  vi.setSystemTime(start + 60 * minute); // no timer ran
  turn(false);
  expect(document.documentElement.outerHTML).not.toContain("full-token");
});

test("a sign-out in another tab hides them", async () => {
  rememberConnected(true);
  await reveal();
  const key = localStorage.key(0);
  expect(key).toContain("connected");
  act(() => void window.dispatchEvent(new StorageEvent("storage", { key: "another", newValue: null })));
  act(() => void window.dispatchEvent(new StorageEvent("storage", { key, newValue: "1" })));
  screen.getByText("full-token");
  act(() => void window.dispatchEvent(new StorageEvent("storage", { key, newValue: null })));
  expect(document.documentElement.outerHTML).not.toContain("full-token");
  expect(announced()).toBe(sessionEnded);
});

test("the focus moves to the button only if what had it is gone", async () => {
  const first = await reveal({ idle: 30 });
  screen.getByRole("checkbox", { name: "Show secrets" }).focus();
  await pass(31);
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Reveal credentials" }));
  first.unmount();

  vi.setSystemTime(start);
  await reveal({ idle: 30 });
  screen.getByRole("button", { name: "full-token" }).focus();
  await pass(31);
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "masked" }));
});

test("the next reveal takes the reason away", async () => {
  await reveal({ idle: 30 });
  await pass(31);
  screen.getByText(sessionEnded, { selector: ".hint" });
  fireEvent.click(screen.getByRole("button", { name: "Reveal credentials" }));
  await screen.findByRole("button", { name: "Hide" });
  expect(screen.queryByText(sessionEnded, { selector: ".hint" })).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Hide" }));
  await screen.findByRole("button", { name: "Reveal credentials" });
  expect(screen.queryByText(sessionEnded, { selector: ".hint" })).toBeNull();
});
