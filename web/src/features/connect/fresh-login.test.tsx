import { QueryClientProvider, useMutation } from "@tanstack/react-query";
import { act, fireEvent, render, screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, expect, test, vi } from "vitest";
import { api, csrf, dataOf } from "@/shared/api/client";
import type { ApiProblem } from "@/shared/api/problem";
import { findAttempt } from "@/shared/connect/attempt";
import { broadcast } from "@/shared/connect/channel";
import { configQuery } from "@/shared/session/config";
import { ConnectionProvider } from "@/shared/session/connection";
import { useFreshLogin } from "@/shared/session/fresh-login";
import { createQueryClient } from "@/shared/session/query-client";
import { sessionQuery } from "@/shared/session/session";
import { connection, session } from "@/test/fixtures";
import { problem, server, url } from "@/test/server";
import { FreshLoginProvider } from "./fresh-login-provider";

/** What the guarded call gets, one after another. The last one stays. */
let answers: (() => Response)[];
let calls: number;
let account: string;
let open: ReturnType<typeof vi.spyOn>;
const popup = { closed: false, focus: vi.fn(), close: vi.fn() };

const rejected = () => problem(401, "fresh_login_required");
const done = () => HttpResponse.json({ leftover_keys: [], ended_grants: 0 });

beforeEach(() => {
  answers = [rejected, done];
  calls = 0;
  account = connection.id;
  popup.close.mockReset();
  open = vi.spyOn(window, "open").mockImplementation(() => popup as unknown as Window);
  server.use(
    http.get(url("/session"), () => HttpResponse.json(session({ id: account }))),
    http.delete(url("/connection"), () => {
      calls++;
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      return answer?.() ?? done();
    }),
  );
});

/** Any call will do for the guarded one. */
function Guarded() {
  const withFreshLogin = useFreshLogin();
  const remove = useMutation({
    mutationFn: () => withFreshLogin(() => dataOf(api.DELETE("/connection", { params: csrf }))),
  });
  return (
    <>
      <button type="button" onClick={() => remove.mutate()}>
        Remove
      </button>
      <output>{remove.isSuccess ? "done" : (remove.error as ApiProblem | null)?.code}</output>
    </>
  );
}

async function remove() {
  const client = createQueryClient();
  await client.fetchQuery(sessionQuery);
  await client.fetchQuery(configQuery);
  render(
    <QueryClientProvider client={client}>
      <ConnectionProvider connection={connection}>
        <FreshLoginProvider>
          <Guarded />
        </FreshLoginProvider>
      </ConnectionProvider>
    </QueryClientProvider>,
  );
  press("Remove");
}

const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const dialog = () => screen.findByRole("dialog", { name: "Log in again to continue" });
const outcome = (want: string) => vi.waitFor(() => expect(screen.getByRole("status").textContent).toBe(want));
const attempt = () => new URL(String(open.mock.lastCall?.[0]), "http://x").searchParams.get("attempt") ?? "";
const notice = (type: "connected" | "cancelled", id = attempt()) =>
  act(async () => broadcast({ type, attempt: id }));

async function logIn() {
  await remove();
  await dialog();
  press("Log in");
  await notice("connected");
}

test("a call that is accepted asks for nothing", async () => {
  answers = [done];
  await remove();
  await outcome("done");
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(calls).toBe(1);
});

test("another problem is thrown at once", async () => {
  answers = [() => problem(401, "invalid_token")];
  await remove();
  await outcome("invalid_token");
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(calls).toBe(1);
});

test("the user logs in again, and the call is sent once more", async () => {
  await remove();
  await dialog();
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Log in" }));
  screen.getByText(connection.email);

  press("Log in");
  expect(findAttempt(attempt())).toMatchObject({
    freshLogin: true,
    loginHint: connection.email,
    replace: false,
  });
  screen.getByRole("heading", { name: /Waiting for you to log in/ });
  expect(calls, "before the login").toBe(1);

  await notice("connected");
  await outcome("done");
  expect(calls).toBe(2);
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("a call that is rejected again is not sent a third time", async () => {
  answers = [rejected];
  await logIn();
  await outcome("fresh_login_required");
  expect(calls).toBe(2);
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("the login of another tab, or a forged notice, is not the fresh one", async () => {
  await remove();
  await dialog();
  press("Log in");
  await notice("connected", "another");
  await dialog();
  expect(calls).toBe(1);
});

test("the user changed to another account: the call was not meant for that one", async () => {
  await remove();
  await dialog();
  press("Log in");
  account = "con-2";
  await notice("connected");
  await outcome("fresh_login_required");
  expect(calls).toBe(1);
});

test("cancelled at Upstash: the dialog stays, and the login can be tried again", async () => {
  await remove();
  await dialog();
  press("Log in");
  const first = attempt();
  await notice("cancelled");
  await vi.waitFor(() => screen.getByRole("heading", { name: /You cancelled the login/ }));
  press("Try again");
  expect(attempt()).not.toBe(first);
  expect(findAttempt(attempt())).toMatchObject({ freshLogin: true });
  await notice("connected");
  await outcome("done");
});

test("Cancel shows the server's problem, and sends nothing", async () => {
  await remove();
  await dialog();
  press("Cancel");
  await outcome("fresh_login_required");
  expect(open).not.toHaveBeenCalled();
  expect(calls).toBe(1);
});

test("Escape while the window is open closes the window too", async () => {
  await remove();
  const shown = (await dialog()) as HTMLDialogElement;
  press("Log in");
  act(() => shown.close());
  await outcome("fresh_login_required");
  expect(popup.close).toHaveBeenCalled();
});

test("without a provider nobody is asked, and the problem is shown", async () => {
  render(
    <QueryClientProvider client={createQueryClient()}>
      <Guarded />
    </QueryClientProvider>,
  );
  press("Remove");
  await outcome("fresh_login_required");
  expect(calls).toBe(1);
});
