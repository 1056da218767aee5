import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { beforeEach, expect, test, vi } from "vitest";
import type { VectorIndex } from "@/shared/api/types";
import { FreshLoginContext } from "@/shared/session/fresh-login";
import { catalog } from "@/test/fixtures";
import { renderConnected } from "@/test/render";
import { problem, server, url } from "@/test/server";
import { CreatePage, DetailPage, ResourceSections } from "./resources";

const user = userEvent.setup();

const index: VectorIndex = {
  id: "v-1",
  name: "größe",
  region: "us-east-1",
  type: "payg",
  endpoint: "otter-vector",
  creation_time: "2026-11-20T10:00:00Z",
  dimension_count: 1024,
  index_type: "DENSE",
};

function open(...names: string[]): void {
  const operations = [
    ...catalog.operations,
    ...names.map((name) => ({ name, effect: "read", fresh_login: false })),
  ];
  server.use(http.get(url("/catalog"), () => HttpResponse.json({ ...catalog, operations })));
}

beforeEach(() => {
  server.use(
    http.get(url("/vector/indexes"), () => HttpResponse.json({ indexes: [index] })),
    http.get(url("/vector/indexes/v-1"), () => HttpResponse.json(index)),
  );
});

const press = async (name: string | RegExp) => user.click(await screen.findByRole("button", { name }));

test("only a product whose list is open has a section, and only where creating is open a button", async () => {
  open("vector.list", "search.create"); // no handler for the other lists: asking for them would fail the test
  renderConnected(<ResourceSections />);
  const section = await screen.findByRole("region", { name: "Vector 1" });
  within(section).getByRole("link", { name: "größe" });
  expect(screen.getAllByRole("region")).toHaveLength(1);
  expect(screen.queryByRole("link", { name: /New/ })).toBeNull();
});

test("a section that fails leaves the others alone, and can be retried", async () => {
  open("vector.list", "vector.create", "search.list");
  let failing = true;
  server.use(
    http.get(url("/search/indexes"), () =>
      failing ? problem(500, "internal") : HttpResponse.json({ indexes: [] }),
    ),
  );
  renderConnected(<ResourceSections />);
  await screen.findByRole("link", { name: "New Vector index" });
  await screen.findByRole("link", { name: "größe" });
  await screen.findByRole("alert");
  failing = false;
  await press("Retry");
  await screen.findByText("No Search indexes yet.");
  await vi.waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
});

test("a model sets the dimensions, and an uncertain create is retried with the same key", async () => {
  open("vector.create");
  const sent: { key: string | null; body: unknown }[] = [];
  server.use(
    http.post(url("/vector/indexes"), async ({ request }) => {
      sent.push({ key: request.headers.get("Idempotency-Key"), body: await request.json() });
      return sent.length === 1
        ? problem(504, "outcome_uncertain", {}, { "Retry-After": "60" })
        : HttpResponse.json(index, { status: 201 });
    }),
  );
  renderConnected(<CreatePage product="vector" />);
  await user.type(await screen.findByRole("textbox", { name: "Name" }), "products");
  await user.selectOptions(screen.getByRole("combobox", { name: "Region" }), "us-east-1");
  await user.selectOptions(screen.getByRole("combobox", { name: "Embedding model" }), "BGE_M3");
  const dimensions = screen.getByRole<HTMLInputElement>("textbox", { name: "Dimensions" });
  expect(dimensions.value).toBe("1024");
  expect(dimensions.readOnly).toBe(true);
  await press("Create Vector index");
  expect((await screen.findByRole("alert")).textContent).toContain("never do it twice");
  await press("Create Vector index");
  await vi.waitFor(() => expect(window.location.pathname).toBe("/vector/v-1"));
  expect(sent[0]?.key).toMatch(/^[0-9a-f]{32}$/);
  expect(sent[1]).toEqual(sent[0]);
  expect(sent[0]?.body).toMatchObject({ dimension_count: 1024, embedding_model: "BGE_M3" });
});

test("the server's errors appear at their fields", async () => {
  open("search.create");
  server.use(
    http.post(url("/search/indexes"), () =>
      problem(422, "validation_failed", {
        errors: [{ pointer: "/type", code: "not_allowed", detail: "is not a plan allowed here" }],
      }),
    ),
  );
  renderConnected(<CreatePage product="search" />);
  await user.type(await screen.findByRole("textbox", { name: "Name" }), "articles");
  await user.selectOptions(screen.getByRole("combobox", { name: "Region" }), "eu-west-1");
  const plan = screen.getByRole("combobox", { name: "Plan" });
  await user.selectOptions(plan, "payg");
  await press("Create Search index");
  await user.click(
    await screen.findByRole("link", {
      name: "Plan: This server does not allow this plan. Choose another one.",
    }),
  );
  expect(document.activeElement).toBe(plan);
});

test.each([
  ["vector", "Vector prices at Upstash (opens in a new tab)"],
  ["search", "Search prices at Upstash (opens in a new tab)"],
] as const)(
  "the form of a %s index has required fields, the prices and a way out",
  async (product, prices) => {
    open(`${product}.create`);
    renderConnected(<CreatePage product={product} />);
    for (const label of ["Region", "Plan"]) {
      const field = await screen.findByRole("combobox", { name: label });
      expect(field.getAttribute("aria-required")).toBe("true");
    }
    expect(screen.getByRole("link", { name: prices }).getAttribute("href")).toBe(
      `https://upstash.com/pricing/${product}`,
    );
    expect(screen.getByRole("link", { name: "Cancel" }).getAttribute("href")).toBe("/");
  },
);

test("a page shows no part that is not open", async () => {
  open("vector.get");
  renderConnected(<DetailPage product="vector" id="v-1" />);
  await screen.findByText("https://otter-vector.upstash.io");
  const buttons = screen.getAllByRole("button").map((each) => each.getAttribute("aria-label"));
  expect(buttons).toEqual(["Copy URL", "Copy ID"]);
  expect(screen.queryByRole("heading", { level: 2 })).toBeNull();
});

test("where only the list is open, the page is of the list", async () => {
  open("vector.list");
  server.use(http.get(url("/vector/indexes/v-1"), () => problem(403, "operation_disabled")));
  renderConnected(<DetailPage product="vector" id="v-1" />);
  await screen.findByRole("heading", { level: 1, name: "größe" });
});

test("what is not there has no Retry", async () => {
  open("vector.get");
  server.use(http.get(url("/vector/indexes/gone"), () => problem(404, "resource_not_found")));
  renderConnected(<DetailPage product="vector" id="gone" />);
  await screen.findByRole("alert");
  screen.getByRole("link", { name: "Go to your databases" });
  expect(screen.queryByRole("button", { name: "Retry" })).toBeNull();
});

test("deleting needs the name and a fresh login, and sends one key", async () => {
  open("vector.get", "vector.delete");
  const sent: (string | null)[][] = [];
  server.use(
    http.delete(url("/vector/indexes/v-1"), ({ request }) => {
      sent.push([request.headers.get("Confirm-Name"), request.headers.get("Idempotency-Key")]);
      return sent.length === 1
        ? problem(401, "fresh_login_required")
        : new HttpResponse(null, { status: 204 });
    }),
  );
  const ask = vi.fn(async () => true);
  window.history.replaceState(null, "", "/vector/v-1");
  renderConnected(
    <FreshLoginContext value={ask}>
      <DetailPage product="vector" id="v-1" />
    </FreshLoginContext>,
  );
  await press("Delete this Vector index…");
  await user.type(screen.getByRole("textbox"), "größe");
  await press("Delete this Vector index");
  await vi.waitFor(() => expect(window.location.pathname).toBe("/"));
  expect(ask).toHaveBeenCalledOnce();
  expect(sent).toHaveLength(2);
  expect(sent[1]).toEqual(sent[0]);
  // The bytes of UTF-8, one character each.
  expect(sent[0]?.[0]).toBe("grÃ¶Ã\u009fe");
});

test("a reset that fails stays in its dialog; one that works discards the revealed tokens", async () => {
  open("vector.get", "vector.credentials", "vector.reset-password");
  let failing = true;
  server.use(
    http.get(url("/vector/indexes/v-1/credentials"), () =>
      HttpResponse.json({ ...index, token: "old-token", read_only_token: "old-reader" }),
    ),
    http.post(url("/vector/indexes/v-1/reset-password"), () =>
      failing ? problem(503, "upstream_unavailable") : HttpResponse.json(index),
    ),
  );
  renderConnected(<DetailPage product="vector" id="v-1" />);
  await press("Reveal credentials");
  await press("Show Token");
  await screen.findByText("old-token");
  await press("Reset the tokens…");
  await user.type(screen.getByRole("textbox"), "größe");
  await press("Reset the tokens");
  expect((await screen.findByRole("alert")).textContent).toContain("Upstash is not responding");
  failing = false;
  await press("Reset the tokens");
  await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(screen.queryByText("old-token")).toBeNull();
  screen.getByRole("button", { name: "Reveal credentials" });
});

test("a resource without tokens has none to show", async () => {
  open("vector.get", "vector.credentials");
  server.use(
    http.get(url("/vector/indexes/v-1/credentials"), () =>
      HttpResponse.json({ ...index, token: "full-token", read_only_token: "" }),
    ),
  );
  renderConnected(<DetailPage product="vector" id="v-1" />);
  await press("Reveal credentials");
  await screen.findByRole("button", { name: "Show Token" });
  expect(screen.queryByRole("button", { name: /Read-only/ })).toBeNull();
});

test("renaming sends the name it had as the confirmation, and shows the new one", async () => {
  open("vector.get", "vector.rename");
  let sent: unknown;
  server.use(
    http.patch(url("/vector/indexes/v-1"), async ({ request }) => {
      sent = [request.headers.get("Confirm-Name"), await request.json()];
      return HttpResponse.json({ ...index, name: "catalogue" });
    }),
  );
  renderConnected(<DetailPage product="vector" id="v-1" />);
  await press("Rename…");
  await press("Rename");
  screen.getByText("Enter another name.");
  await user.clear(screen.getByRole("textbox"));
  await user.type(screen.getByRole("textbox"), "catalogue");
  await press("Rename");
  await screen.findByRole("heading", { level: 1, name: "catalogue" });
  expect(sent).toEqual(["grÃ¶Ã\u009fe", { name: "catalogue" }]);
});
