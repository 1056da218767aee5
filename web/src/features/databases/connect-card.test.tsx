import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { delay, HttpResponse, http } from "msw";
import { beforeEach, expect, test, vi } from "vitest";
import { mask } from "@/shared/credentials/mask";
import { catalog, credentials, database } from "@/test/fixtures";
import { renderConnected } from "@/test/render";
import { problem, server, url } from "@/test/server";
import { ConnectCard } from "./connect-card";

const user = userEvent.setup();
let asked: number;

beforeEach(() => {
  asked = 0;
  server.use(
    http.get(url("/catalog"), () => HttpResponse.json(catalog)),
    http.get(url("/databases/db-1/credentials"), () => {
      asked++;
      return HttpResponse.json(credentials);
    }),
  );
});

async function renderRevealed() {
  const view = renderConnected(<ConnectCard database={database} replaced={false} />);
  await user.click(screen.getByRole("button", { name: "Reveal credentials" }));
  await screen.findByRole("button", { name: "Hide" });
  return view;
}

/** Everything the caches hold, as text. */
function cached(client: ReturnType<typeof renderConnected>["client"]): string {
  const queries = client.getQueryCache().getAll();
  const mutations = client.getMutationCache().getAll();
  return JSON.stringify([...queries, ...mutations].map((entry) => entry.state));
}

test("nothing is fetched until the button is pressed", async () => {
  renderConnected(<ConnectCard database={database} replaced={false} />);
  await new Promise((done) => setTimeout(done, 50));
  expect(asked).toBe(0);
  expect(document.body.textContent).toContain("audit log");
});

test("revealed secrets are hidden until each is shown", async () => {
  await renderRevealed();
  expect(asked).toBe(1);
  expect(document.body.textContent).not.toContain(credentials.password);
  expect(document.body.textContent).not.toContain("full-token");
  expect(document.body.textContent).not.toContain("read-token");

  await user.click(screen.getByRole("button", { name: "Show Password" }));
  screen.getByText(credentials.password);
  expect(document.body.textContent).not.toContain("full-token");

  await user.click(screen.getByRole("button", { name: "Hide Password" }));
  expect(screen.queryByText(credentials.password)).toBeNull();
});

test("hiding discards them from the page and the caches", async () => {
  const { client } = await renderRevealed();
  await user.click(screen.getByRole("button", { name: "Show REST token" }));
  expect(cached(client)).toContain("full-token");

  await user.click(screen.getByRole("button", { name: "Hide" }));
  screen.getByRole("button", { name: "Reveal credentials" });
  expect(document.body.textContent).not.toContain("full-token");
  await vi.waitFor(() => expect(cached(client)).not.toContain("full-token"));
});

test("leaving the page discards them", async () => {
  const { client, unmount } = await renderRevealed();
  unmount();
  await vi.waitFor(() => expect(cached(client)).not.toContain("full-token"));
});

test("a page in the back/forward cache does not keep a secret that was shown alone", async () => {
  await renderRevealed();
  await user.click(screen.getByRole("button", { name: "Show REST token" }));
  expect(document.body.textContent).toContain("full-token");
  window.dispatchEvent(new Event("pagehide"));
  expect(document.documentElement.outerHTML).not.toContain("full-token");
});

test("a page in the back/forward cache does not keep them, nor that they were shown", async () => {
  const { client } = await renderRevealed();
  await user.click(screen.getByRole("checkbox", { name: "Show secrets" }));
  expect(document.body.textContent).toContain("full-token");

  // The browser stores the page once the event is over, so nothing may be left to do.
  window.dispatchEvent(new Event("pagehide"));
  expect(document.documentElement.outerHTML).not.toContain("full-token");
  await vi.waitFor(() => expect(cached(client)).not.toContain("full-token"));

  await user.click(screen.getByRole("button", { name: "Reveal credentials" }));
  await screen.findByRole("button", { name: "Hide" });
  expect(screen.getByRole<HTMLInputElement>("checkbox", { name: "Show secrets" }).checked).toBe(false);
  expect(document.body.textContent).not.toContain("full-token");
});

test("a secret can be copied without showing it, and the copy is announced", async () => {
  await renderRevealed();
  await user.click(screen.getByRole("button", { name: "Copy Password" }));
  expect(await navigator.clipboard.readText()).toBe(credentials.password);
  expect(screen.getByTestId("announcer").textContent).toContain("Copied");
  expect(document.body.textContent).not.toContain(credentials.password);
});

test("a snippet is shown masked and copied in full", async () => {
  await renderRevealed();
  const shown = screen.getByRole("region", { name: ".env snippet" });
  expect(shown.textContent).toContain("UPSTASH_REDIS_REST_TOKEN");
  expect(shown.textContent).not.toContain("full-token");

  await user.click(screen.getByRole("button", { name: "Copy .env snippet" }));
  expect(await navigator.clipboard.readText()).toContain("UPSTASH_REDIS_REST_TOKEN=full-token");

  await user.click(screen.getByRole("checkbox", { name: "Show secrets" }));
  expect(shown.textContent).toContain("full-token");
});

test("before the reveal, addresses are there, secrets are masked, and nothing masked can be copied", async () => {
  renderConnected(<ConnectCard database={database} replaced={false} />);
  const connection = screen.getByRole("region", { name: "Connection string" });
  expect(connection.textContent).toContain(`rediss://default:${mask}@eager-owl-1.upstash.io:6379`);
  expect(screen.queryByRole("button", { name: /^(Copy|Download)/ })).toBeNull();

  await user.click(screen.getByRole("tab", { name: "Next.js" }));
  await user.click(screen.getByRole("button", { name: "Copy Next.js snippet" }));
  expect(await navigator.clipboard.readText()).toContain("Redis.fromEnv()");
  await user.click(screen.getByRole("button", { name: "Copy command that installs for Next.js" }));
  expect(await navigator.clipboard.readText()).toBe("npm install @upstash/redis");
  expect(asked).toBe(0);
});

test("the connection string and the test are copied in full", async () => {
  await renderRevealed();
  const url = "rediss://default:pa%27ss%2Fw%3Frd@eager-owl-1.upstash.io:6379";
  await user.click(screen.getByRole("button", { name: "Copy connection string" }));
  expect(await navigator.clipboard.readText()).toBe(url);
  await user.click(screen.getByRole("button", { name: "Copy test with curl" }));
  expect(await navigator.clipboard.readText()).toBe(
    "curl 'https://eager-owl-1.upstash.io/ping' -H 'Authorization: Bearer full-token'",
  );
  expect(document.body.textContent).not.toContain("full-token");
});

test("the read-only variant gives no secret that can write", async () => {
  await renderRevealed();
  await user.click(screen.getByRole("radio", { name: "Read-only" }));
  await user.click(screen.getByRole("checkbox", { name: "Show secrets" }));
  for (const tab of screen.getAllByRole("tab")) {
    await user.click(tab);
    await user.click(screen.getByRole("button", { name: `Copy ${tab.textContent} snippet` }));
    const text = await navigator.clipboard.readText();
    expect(text, `${tab.textContent}`).not.toMatch(/full-token|pa(%27|')ss|set\b.*hello/i);
  }
  await user.click(screen.getByRole("button", { name: "Copy connection string" }));
  expect(await navigator.clipboard.readText()).toBe(
    "rediss://default_ro:read-token@eager-owl-1.upstash.io:6379",
  );

  const secrets = within(screen.getByRole("region", { name: "Secrets" }));
  expect(secrets.getAllByRole("term").map((term) => term.textContent)).toEqual(["Read-only REST token"]);
  for (const button of screen.getAllByRole("button", { name: /^Copy/ })) {
    await user.click(button);
    const text = await navigator.clipboard.readText();
    expect(text, `${button.getAttribute("aria-label")}`).not.toMatch(/full-token|pa(%27|')ss/);
  }
  for (const button of secrets.getAllByRole("button", { name: /^Show/ })) await user.click(button);
  expect(document.body.textContent).not.toMatch(/full-token|pa(%27|')ss/);
  expect(asked).toBe(1);
});

test("full access shows each secret", async () => {
  await renderRevealed();
  const secrets = within(screen.getByRole("region", { name: "Secrets" }));
  const labels = secrets.getAllByRole("term").map((term) => term.textContent);
  expect(labels).toEqual(["Password", "REST token", "Read-only REST token"]);
});

test.each([undefined, ""])("without a read-only token (%j) there is no read-only variant", async (token) => {
  const { read_only_rest_token: _, ...others } = credentials;
  server.use(
    http.get(url("/databases/db-1/credentials"), () =>
      HttpResponse.json(token === undefined ? others : { ...others, read_only_rest_token: token }),
    ),
  );
  renderConnected(<ConnectCard database={database} replaced={false} />);
  await user.click(screen.getByRole("radio", { name: "Read-only" }));
  await user.click(screen.getByRole("button", { name: "Reveal credentials" }));
  await screen.findByRole("button", { name: "Hide" });
  expect(screen.queryByRole("radio")).toBeNull();
  const reason = "Upstash returned no read-only token for this database. Everything below gives full access.";
  screen.getByText(reason, { selector: ".hint" });
  expect(screen.getByTestId("announcer").textContent).toContain(reason);

  const shown = screen.getByRole("region", { name: ".env snippet" });
  expect(shown.textContent).not.toContain("READ_ONLY");
  await user.click(screen.getByRole("checkbox", { name: "Show secrets" }));
  expect(shown.textContent).toContain("KV_REST_API_TOKEN=full-token");
  expect(shown.textContent).not.toContain("READ_ONLY");
  expect(screen.getByRole("region", { name: "Connection string" }).textContent).toContain("//default:");
  const secrets = within(screen.getByRole("region", { name: "Secrets" }));
  const labels = secrets.getAllByRole("term").map((term) => term.textContent);
  expect(labels).toEqual(["Password", "REST token"]);
});

test("the .env is downloaded as a file, whose address ends and which is in no element", async () => {
  const saved: { name: string; blob: Blob }[] = [];
  const blobs = new Map<string, Blob>();
  URL.createObjectURL = vi.fn((blob: Blob) => {
    blobs.set("blob:1", blob);
    return "blob:1";
  });
  URL.revokeObjectURL = vi.fn((address: string) => void blobs.delete(address));
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function click(this: HTMLAnchorElement) {
    saved.push({ name: this.download, blob: blobs.get(this.href) as Blob });
  });
  await renderRevealed();
  await user.click(screen.getByRole("button", { name: "Download .env" }));
  expect(saved.map(({ name }) => name)).toEqual(["orders.env"]);
  expect(saved[0]?.blob.size).toBeGreaterThan(300);
  await vi.waitFor(() => expect(blobs.size).toBe(0));
  expect(document.documentElement.outerHTML).not.toContain("full-token");
});

test("a second press while the credentials are fetched makes no second reveal", async () => {
  server.use(
    http.get(url("/databases/db-1/credentials"), async () => {
      asked++;
      await delay(100);
      return HttpResponse.json(credentials);
    }),
  );
  renderConnected(<ConnectCard database={database} replaced={false} />);
  await user.dblClick(screen.getByRole("button", { name: "Reveal credentials" }));
  await screen.findByRole("button", { name: "Hide" });
  expect(asked).toBe(1);
});

test.each([
  ["{ArrowRight}", "Next.js"],
  ["{ArrowRight}{ArrowRight}", "TypeScript"],
  ["{ArrowLeft}", "Docker"],
  ["{ArrowLeft}{ArrowRight}", ".env"],
  ["{ArrowRight}{ArrowLeft}", ".env"],
  ["{End}", "Docker"],
  ["{End}{Home}", ".env"],
  ["{ArrowDown}", ".env"],
])("in the snippet tabs %s selects %s", async (keys, name) => {
  await renderRevealed();
  screen.getByRole("tab", { name: ".env" }).focus();
  await user.keyboard(keys);

  const tab = screen.getByRole("tab", { name, selected: true });
  expect(document.activeElement).toBe(tab);
  expect(screen.getAllByRole("tab").map((each) => each.tabIndex)).toEqual(
    screen.getAllByRole("tab").map((each) => (each === tab ? 0 : -1)),
  );
  const panel = screen.getByRole("tabpanel", { name });
  expect(tab.getAttribute("aria-controls")).toBe(panel.id);
  within(panel).getByRole("region", { name: `${name} snippet` });
});

test("Tab leaves the row of snippet tabs into the panel, and a click selects a tab", async () => {
  await renderRevealed();
  await user.click(screen.getByRole("tab", { name: "redis-cli" }));
  expect(screen.getByRole("tabpanel").textContent).toContain("redis-cli --tls -u");
  await user.tab();
  expect(document.activeElement).toBe(screen.getByRole("tabpanel"));
  await user.tab({ shift: true });
  expect(document.activeElement).toBe(screen.getByRole("tab", { name: "redis-cli" }));
});

test("when credentials are disabled, the page explains it and offers no retry", async () => {
  server.use(http.get(url("/databases/db-1/credentials"), () => problem(403, "credentials_disabled")));
  renderConnected(<ConnectCard database={database} replaced={false} />);
  await user.click(screen.getByRole("button", { name: "Reveal credentials" }));
  expect((await screen.findByRole("alert")).textContent).toContain("Credentials are disabled here");
  expect(screen.queryByRole("button", { name: "Retry" })).toBeNull();
});
