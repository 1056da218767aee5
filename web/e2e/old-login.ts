import type { Page } from "@playwright/test";
import { demo } from "./journey";
import type { Sandbox } from "./sandbox";
import { expect } from "./test";

/** Replaces the browser's session by one whose login at the issuer is an hour old. */
export async function makeLoginOld(page: Page, sandbox: Sandbox): Promise<void> {
  const token = await sandbox.token(demo.email, { auth_time: Math.floor(Date.now() / 1000) - 3600 });
  const response = await page.request.post(`${sandbox.app}/api/v1/session`, {
    headers: { Authorization: `Bearer ${token}`, "X-CSRF": "1", "Content-Type": "application/json" },
    data: {},
  });
  expect(response.status()).toBe(201);
}
