import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { beforeEach, expect, test, vi } from "vitest";
import { credentials } from "@/test/fixtures";
import { renderConnected } from "@/test/render";
import { problem, server, url } from "@/test/server";
import { CredentialsPanel } from "./credentials-panel";

const user = userEvent.setup();
let asked: number;

beforeEach(() => {
  asked = 0;
  server.use(
    http.get(url("/databases/db-1/credentials"), () => {
      asked++;
      return HttpResponse.json(credentials);
    }),
  );
});

async function renderRevealed() {
  const view = renderConnected(<CredentialsPanel databaseId="db-1" />);
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
  renderConnected(<CredentialsPanel databaseId="db-1" />);
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

test("a page in the back/forward cache does not keep them", async () => {
  await renderRevealed();
  window.dispatchEvent(new Event("pagehide"));
  await screen.findByRole("button", { name: "Reveal credentials" });
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
  expect(await navigator.clipboard.readText()).toContain('UPSTASH_REDIS_REST_TOKEN="full-token"');

  await user.click(screen.getByRole("checkbox", { name: "Show secrets in the snippet" }));
  expect(shown.textContent).toContain("full-token");
});

test.each([
  ["{ArrowRight}", "redis-cli"],
  ["{ArrowRight}{ArrowRight}", "@upstash/redis"],
  ["{ArrowRight}{ArrowRight}{ArrowRight}", ".env"],
  ["{ArrowLeft}", "@upstash/redis"],
  ["{ArrowRight}{ArrowLeft}", ".env"],
  ["{End}", "@upstash/redis"],
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
  renderConnected(<CredentialsPanel databaseId="db-1" />);
  await user.click(screen.getByRole("button", { name: "Reveal credentials" }));
  expect((await screen.findByRole("alert")).textContent).toContain("Credentials are disabled here");
  expect(screen.queryByRole("button", { name: "Retry" })).toBeNull();
});
