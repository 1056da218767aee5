import type { Page } from "@playwright/test";
import { demo, logIn } from "../journey";
import type { Sandbox } from "../sandbox";
import { heading, openWindow } from "./steps";
import type { Area } from "./tour";

/** As many keys as Upstash allows an account. */
const mostKeys = 37;

/** Accounts for which Upstash creates no key. */
export const noKey: Area = {
  name: "accounts without a key",
  env: { BFF_LIMIT_MINTS: "3/h" },
  async walk(tour) {
    const { sandbox, text, look } = tour;
    const popup = await openWindow(tour);
    const shop = await account(sandbox, "shop@example.com", { marketplace: "vercel" });
    await logIn(popup, shop);
    await heading(popup, text.problem_account_type_unsupported_title());
    await look(popup, "window-marketplace-account");

    const next = async (user: typeof demo, title: string) => {
      await popup.getByRole("button", { name: text.login_use_another_account() }).click();
      await logIn(popup, user);
      await heading(popup, title);
    };
    const suspended = await account(sandbox, "suspended@example.com");
    await sandbox.suspend(suspended.email);
    await next(suspended, text.problem_mint_refused_title());
    await look(popup, "window-account-rejected");
    // The Developer API takes the address as the user of HTTP Basic authentication, which has no colon.
    await next(await account(sandbox, "ada:home@example.com"), text.problem_email_unusable_title());
    await look(popup, "window-email-unusable");

    const full = await account(sandbox, "full@example.com");
    await fillKeys(sandbox, full.email);
    await next(full, text.problem_upstash_key_limit_title());
    await look(popup, "window-key-limit");
    const left = await account(sandbox, "left@example.com");
    await leaveKey(sandbox, left.email);
    await fillKeys(sandbox, left.email);
    // Whether the first try created a key stays unknown. The second finds that there is no room.
    await sandbox.fault({
      match: { target: "upstash", method: "POST", path: "/apikey" },
      do: { drop: "before_commit" },
    });
    await next(left, text.problem_upstash_key_limit_title());
    await look(popup, "window-key-limit-leftovers");
    await again(popup, text.login_start_again());
    await logIn(popup, left);
    await heading(popup, text.problem_limit_mints_title());
    await look(popup, "window-connects-too-often");
  },
};

const again = (popup: Page, button: string) => popup.getByRole("button", { name: button }).click();

async function account(sandbox: Sandbox, email: string, more: { marketplace?: string } = {}) {
  const user = { email, password: demo.password };
  await sandbox.makeAccount({ ...user, ...more });
  return user;
}

/** Connects and disconnects, as a client of the API does. The key stays at Upstash. */
async function leaveKey(sandbox: Sandbox, email: string): Promise<void> {
  const headers = { Authorization: `Bearer ${await sandbox.token(email)}` };
  for (const method of ["PUT", "DELETE"]) {
    const response = await fetch(`${sandbox.app}/api/v1/connection`, { method, headers });
    if (!response.ok) throw new Error(`${method}: ${response.status} ${await response.text()}`);
  }
}

/** Creates keys until Upstash allows no more. */
async function fillKeys(sandbox: Sandbox, email: string): Promise<void> {
  const { keys } = await sandbox.account(email);
  for (let n = keys.length; n < mostKeys; n++) await sandbox.createKey(email, `mine-${n}`);
}
