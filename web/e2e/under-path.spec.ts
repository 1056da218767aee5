import { connect, demo, expectList, logIn } from "./journey";
import { nginx, ServedUnder } from "./served-under";
import { test as base, expect } from "./test";

/** The page under a path, behind an nginx that leaves the path in its requests, or takes it away. */
const test = base.extend<{ takesThePath: boolean; served: ServedUnder }>({
  takesThePath: [false, { option: true }],
  served: async ({ sandbox, takesThePath }, use) => {
    expect(nginx, "apt-get install nginx-light").toBeDefined();
    const target = (server: string) => (takesThePath ? `${server}/` : server);
    const served = await ServedUnder.start(sandbox, "/tools/upstash", target);
    await use(served);
    await served.stop();
  },
});

test.skip(
  nginx === undefined && (process.env.TEST_PEERS_REQUIRED ?? "") === "",
  "NOT TESTED: there is no nginx here. On Debian: apt-get install nginx-light",
);

test("connect, list, create and read the documents, always under the path", async ({ page, served }) => {
  const strays: string[] = [];
  page.context().on("request", (request) => {
    const { origin, pathname } = new URL(request.url());
    if (origin === served.origin && !pathname.startsWith("/tools/upstash/")) strays.push(pathname);
  });
  await page.goto(`${served.url}/`);
  await expect(page.getByText("could not load its files")).toBeHidden();
  await connect(page);
  const cookies = await page.context().cookies(`${served.url}/api/v1/session`);
  expect(cookies.find(({ name }) => name === "session")).toMatchObject({ path: "/tools/upstash" });

  await page
    .getByRole("link", { name: /create/i })
    .first()
    .click();
  await expect(page).toHaveURL(`${served.url}/databases/new`);
  await page.getByLabel("Name").fill("under-a-path");
  await page.getByLabel("Primary region").selectOption("us-east-1");
  await page.getByRole("button", { name: "Create database" }).click();
  await expect(page).toHaveURL(`${served.url}/`);
  await page.getByRole("link", { name: "under-a-path" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "under-a-path" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "under-a-path" })).toBeVisible();

  await page.goto(`${served.url}/api/v1/docs`);
  await expect(page.getByRole("heading", { name: "List databases" })).toBeVisible();
  await expect(page.getByText(`${served.url}/api/v1`).first()).toBeAttached();
  await page.getByRole("banner").getByRole("link", { name: "ACME" }).click();
  await expectList(page);
  expect(strays, "nothing is asked of the rest of the origin").toEqual([]);
});

test("a page served at another address than configured reports it, and is not blank", async ({
  page,
  sandbox,
}) => {
  await page.route("**/assets/**", (route) => route.fulfill({ status: 404, body: "another application" }));
  await page.goto(sandbox.app);
  await expect(page.getByText("its address must begin with the BFF_PUBLIC_URL")).toBeVisible();
});

test.describe("behind a proxy that strips the path", () => {
  test.use({ takesThePath: true });

  test("the page itself redirects to the login and returns", async ({ page, served }) => {
    await page.addInitScript(() => {
      window.open = () => null;
    });
    await page.goto(`${served.url}/`);
    await page.getByRole("button", { name: "Connect Upstash" }).click();
    await logIn(page, demo);
    await expectList(page);
    expect(page.url()).toBe(`${served.url}/`);
  });
});
