import type { Page } from "@playwright/test";
import { Desktop, type Login } from "../desktop";
import { demo, logIn } from "../journey";
import type { Area, Tour } from "./tour";

/** Longer than it takes to open the address of a login once more. */
const slowAnswer = 3_000;

/** The program has answered the browser. Its texts are in the language of the browser; the mark is in none. */
const answered = (page: Page) => page.locator("main > svg").waitFor();

/** Starts a login on the user's machine, and opens its address in the browser. */
async function start({ page }: Tour, desktop: Desktop): Promise<{ login: Login; redirect: string }> {
  const login = desktop.connect("--redirect-port", "0");
  await page.context().clearCookies();
  const url = await login.url();
  await page.goto(url);
  return { login, redirect: new URL(url).searchParams.get("redirect_uri") ?? "" };
}

/** What `bff connect` shows in the browser at the end of a login. */
export const desktopLogin: Area = {
  name: "a login of a program",
  async walk(tour) {
    const desktop = new Desktop(tour.sandbox.directory);
    try {
      await failures(tour, desktop);
      await success(tour, desktop);
    } finally {
      desktop.remove();
    }
  },
};

async function failures(tour: Tour, desktop: Desktop): Promise<void> {
  const { page, sandbox, look } = tour;
  const declined = await start(tour, desktop);
  await page.getByRole("button", { name: "Cancel" }).click();
  await answered(page);
  await look(page, "desktop-declined");
  await declined.login.exit();

  const token = { target: "issuer", method: "POST", path: "/oauth/token" } as const;
  await sandbox.fault({ match: token, do: { status: 503, body: "down" } });
  const failed = await start(tour, desktop);
  await logIn(page);
  await answered(page);
  await look(page, "desktop-provider-failed");
  await failed.login.exit();

  const shop = { ...demo, email: "shop@example.com", marketplace: "vercel" };
  await sandbox.makeAccount(shop);
  const unsupported = await start(tour, desktop);
  await logIn(page, shop);
  await answered(page);
  await look(page, "desktop-account-of-a-marketplace");
  await unsupported.login.exit();
}

async function success(tour: Tour, desktop: Desktop): Promise<void> {
  const { page, sandbox, look } = tour;
  const { login, redirect } = await start(tour, desktop);
  const other = await page.context().newPage();
  await other.goto(`${redirect}/?code=stolen&state=guessed`);
  await look(other, "desktop-other-login");

  const token = { target: "issuer", method: "POST", path: "/oauth/token" } as const;
  await sandbox.fault({ match: token, do: { delay_ms: slowAnswer } });
  const response = page.waitForRequest((request) => request.url().startsWith(`${redirect}/?code=`));
  const loggedIn = logIn(page);
  // A second request for the very same address would wait for the browser's cache.
  await other.goto(`${(await response).url()}&again`);
  await loggedIn;
  await answered(page);
  await login.exit();
  await look(page, "desktop-connected");
  await look(other, "desktop-already-finished");
  await other.close();

  const another = { ...demo, email: "other@example.com" };
  await sandbox.makeAccount(another);
  const rejected = await start(tour, desktop);
  await logIn(page, another);
  await answered(page);
  await look(page, "desktop-other-account");
  await rejected.login.exit();
}
