import { Auth0Client } from "@auth0/auth0-spa-js";
import { beforeEach, expect, test, vi } from "vitest";
import { config } from "@/test/fixtures";
import { goToLogin } from "./auth-client";

const attempt = { id: "a1", replace: false, promptLogin: false };
let login: ReturnType<typeof vi.spyOn>;

beforeEach(() => {
  login = vi.spyOn(Auth0Client.prototype, "loginWithRedirect").mockResolvedValue();
});

test("a login asks for nothing but what the attempt says", async () => {
  await goToLogin(config, attempt);
  expect(login.mock.lastCall?.[0]).toMatchObject({ authorizationParams: {} });
  expect(Object.keys(Object(login.mock.lastCall?.[0]).authorizationParams)).toEqual([]);
});

test("a fresh login makes the user authenticate, whatever Upstash remembers", async () => {
  await goToLogin(config, { ...attempt, freshLogin: true, loginHint: "jane@example.com" });
  expect(login.mock.lastCall?.[0]?.authorizationParams).toEqual({
    prompt: "login",
    max_age: 0,
    login_hint: "jane@example.com",
  });
});

test("a login for a service asks who it is, and offers the address that the service knows", async () => {
  await goToLogin(config, { ...attempt, replace: true, promptLogin: true, loginHint: "jane@example.com" });
  expect(login.mock.lastCall?.[0]).toMatchObject({
    appState: { replace: true },
    authorizationParams: { prompt: "login", login_hint: "jane@example.com" },
  });
});
