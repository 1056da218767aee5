import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { expect, test, vi } from "vitest";
import { typingPause } from "@/shared/ui/debounced-announcement";
import { catalog, database } from "@/test/fixtures";
import { renderConnected } from "@/test/render";
import { problem, server, url } from "@/test/server";
import { CreateForm } from "./create-form";

const user = userEvent.setup();

function renderForm() {
  const onCreated = vi.fn();
  renderConnected(<CreateForm catalog={catalog} onCreated={onCreated} />);
  return onCreated;
}

const submit = () => user.click(screen.getByRole("button", { name: "Create database" }));
const name = () => screen.getByRole<HTMLInputElement>("textbox", { name: "Name" });
const region = () => screen.getByRole<HTMLSelectElement>("combobox", { name: "Primary region" });

const readRegions = () => screen.getByRole("combobox", { name: "Read regions" });
const summary = () => screen.getByRole("alert").parentElement;

async function chooseReadRegion(text: string) {
  await user.type(readRegions(), text);
  await user.keyboard("{Enter}");
}

test("an empty form is rejected without a request: the summary has the focus and links to the fields", async () => {
  renderForm(); // no handler for the POST: sending anything would fail the test
  expect(name().getAttribute("aria-required")).toBe("true");
  expect(region().getAttribute("aria-required")).toBe("true");
  await submit();
  expect(screen.getByRole("alert").textContent).toContain("Some fields are invalid");
  expect(document.activeElement).toBe(summary());
  expect(screen.getAllByRole("link").map((link) => link.textContent)).toEqual([
    "Name: Enter a name.",
    "Primary region: Choose a region.",
    "Redis prices at Upstash (opens in a new tab)",
  ]);

  await user.click(screen.getByRole("link", { name: "Primary region: Choose a region." }));
  expect(document.activeElement).toBe(region());
  expect(window.location.hash).toBe("");
  await user.click(screen.getByRole("link", { name: "Name: Enter a name." }));
  expect(document.activeElement).toBe(name());
  expect(name().getAttribute("aria-invalid")).toBe("true");
  expect(describedBy(name())).toContain("Enter a name.");
  expect(describedBy(region())).toContain("Choose a region.");
});

test("changing a field removes its error and does not move the focus", async () => {
  renderForm();
  await submit();
  await user.type(name(), "o");
  expect(screen.queryByRole("link", { name: /^Name/ })).toBeNull();
  expect(describedBy(name())).not.toContain("Enter a name.");
  expect(describedBy(region())).toContain("Choose a region.");
  expect(document.activeElement).toBe(name());
  await user.selectOptions(region(), "us-east-1");
  expect(screen.queryByRole("alert")).toBeNull();
});

test("the request has the platform of the region, and no plan unless one was chosen", async () => {
  const sent: unknown[] = [];
  server.use(
    http.post(url("/databases"), async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json(database, { status: 201 });
    }),
  );
  const onCreated = renderForm();
  await user.type(name(), "orders");
  await user.selectOptions(region(), "us-east-1");
  await chooseReadRegion("ireland");
  await submit();
  await vi.waitFor(() => expect(onCreated).toHaveBeenCalledOnce());
  expect(onCreated.mock.calls[0]?.[0]).toEqual(database);
  expect(sent).toEqual([
    { name: "orders", primary_region: "us-east-1", read_regions: ["eu-west-1"], platform: "aws" },
  ]);
});

test("a chosen plan is sent", async () => {
  let sent: unknown;
  server.use(
    http.post(url("/databases"), async ({ request }) => {
      sent = await request.json();
      return HttpResponse.json(database, { status: 201 });
    }),
  );
  const onCreated = renderForm();
  await user.type(name(), "orders");
  await user.selectOptions(region(), "us-central1");
  await user.click(screen.getByText("More options: plan, budget, eviction"));
  await user.selectOptions(screen.getByRole("combobox", { name: "Plan" }), "payg");
  await submit();
  await vi.waitFor(() => expect(onCreated).toHaveBeenCalledOnce());
  expect(sent).toEqual({
    name: "orders",
    primary_region: "us-central1",
    read_regions: [],
    platform: "gcp",
    plan: "payg",
  });
});

test("read regions are on the same platform, support replicas, and exclude the primary", async () => {
  renderForm();
  await user.selectOptions(region(), "us-east-1");
  await user.click(readRegions());
  const options = within(screen.getByRole("listbox", { name: "Read regions" })).getAllByRole("option");
  expect(options.map((option) => option.textContent)).toEqual(["Europe (Ireland) · eu-west-1"]);
  within(region()).getByRole("option", { name: "us-east-1 · US East (N. Virginia)" });

  await user.selectOptions(region(), "us-central1");
  expect(screen.queryByRole("combobox", { name: "Read regions" })).toBeNull();
});

test("choosing another primary region clears the read regions", async () => {
  let sent: { read_regions?: string[] } = {};
  server.use(
    http.post(url("/databases"), async ({ request }) => {
      sent = (await request.json()) as typeof sent;
      return HttpResponse.json(database, { status: 201 });
    }),
  );
  const onCreated = renderForm();
  await user.type(name(), "orders");
  await user.selectOptions(region(), "us-east-1");
  await chooseReadRegion("ireland");
  await user.selectOptions(region(), "eu-west-1");
  await submit();
  await vi.waitFor(() => expect(onCreated).toHaveBeenCalledOnce());
  expect(sent.read_regions).toEqual([]);
});

test("the server's errors appear at their fields and in the summary, which gets the focus", async () => {
  server.use(
    http.post(url("/databases"), () =>
      problem(422, "validation_failed", {
        errors: [
          { pointer: "/primary_region", code: "not_allowed", detail: "is not a region allowed here" },
          { pointer: "/tls", code: "from_a_newer_server", detail: "TLS cannot be switched off." },
        ],
      }),
    ),
  );
  const onCreated = renderForm();
  await user.type(name(), "orders");
  await user.selectOptions(region(), "us-east-1");
  await submit();
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("TLS cannot be switched off.");
  screen.getByRole("link", {
    name: "Primary region: This server does not allow this region. Choose another one.",
  });
  expect(describedBy(region())).toContain("This server does not allow this region.");
  expect(document.activeElement).toBe(summary());
  expect(name().getAttribute("aria-invalid")).toBeNull();
  expect(onCreated).not.toHaveBeenCalled();
  screen.getByText("req-42");
});

test("an error of the plan opens its section, which stays open while the user corrects it", async () => {
  server.use(
    http.post(url("/databases"), () =>
      problem(422, "not_allowed", {
        errors: [{ pointer: "/plan", code: "invalid_value", detail: "is not a plan" }],
      }),
    ),
  );
  renderForm();
  await user.type(name(), "orders");
  await user.selectOptions(region(), "us-east-1");
  await submit();
  await user.click(
    await screen.findByRole("link", {
      name: "Plan: This server does not know this plan. Choose another one.",
    }),
  );
  const plan = screen.getByRole("combobox", { name: "Plan" });
  expect(plan.closest("details")?.open).toBe(true);
  expect(document.activeElement).toBe(plan);
  await user.selectOptions(plan, "free");
  expect(screen.queryByText(/does not know this plan/)).toBeNull();
  expect(plan.closest("details")?.open).toBe(true);
});

test("an uncertain outcome shows when to retry, and the retry is the same request", async () => {
  const keys: (string | null)[] = [];
  server.use(
    http.post(url("/databases"), ({ request }) => {
      keys.push(request.headers.get("Idempotency-Key"));
      return keys.length === 1
        ? problem(504, "outcome_uncertain", {}, { "Retry-After": "60" })
        : HttpResponse.json(database, { status: 201 });
    }),
  );
  const onCreated = renderForm();
  await user.type(name(), "orders");
  await user.selectOptions(region(), "us-east-1");
  await submit();
  expect((await screen.findByRole("alert")).textContent).toContain("never do it twice");
  screen.getByText("60 s");

  await submit();
  await vi.waitFor(() => expect(onCreated).toHaveBeenCalledOnce());
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[1]).toBe(keys[0]);
});

test("changed values get a new idempotency key", async () => {
  const keys: (string | null)[] = [];
  server.use(
    http.post(url("/databases"), ({ request }) => {
      keys.push(request.headers.get("Idempotency-Key"));
      return problem(503, "upstream_unavailable");
    }),
  );
  renderForm();
  await user.type(name(), "orders");
  await user.selectOptions(region(), "us-east-1");
  await submit();
  await screen.findByRole("alert");
  await user.type(name(), "-2");
  await submit();
  await vi.waitFor(() => expect(keys).toHaveLength(2));
  expect(keys[1]).not.toBe(keys[0]);
});

test("the name is checked as typed, once the field was left, and announced after a pause", async () => {
  renderForm();
  await user.type(name(), "-a");
  expect(name().getAttribute("aria-invalid")).toBeNull();
  await user.tab();
  expect(describedBy(name())).toContain("Start with a letter or a digit.");
  expect(screen.queryByRole("alert")).toBeNull();
  const announced = () => screen.getByTestId("announcer").textContent;
  expect(announced()).toBe("");
  await vi.waitFor(
    () => expect(announced()).toContain("Name: Start with a letter or a digit."),
    2 * typingPause,
  );

  await user.clear(name());
  expect(name().getAttribute("aria-invalid")).toBeNull();
  await user.type(name(), "a b");
  expect(describedBy(name())).toContain("Remove the spaces.");
  await user.clear(name());
  await user.type(name(), "a-b");
  expect(name().getAttribute("aria-invalid")).toBeNull();
});

test("an untouched name has no error when the field is left", async () => {
  renderForm();
  await user.click(name());
  await user.tab();
  expect(name().getAttribute("aria-invalid")).toBeNull();
});

test("the region of the browser's time zone is recommended, and chosen only by the user", async () => {
  inTimeZone("Europe/Berlin");
  renderForm();
  expect(region().value).toBe("");
  expect(document.body.textContent).toContain(
    "Recommended for your time zone, Europe/Berlin: Europe (Ireland) · eu-west-1",
  );
  await user.click(screen.getByRole("button", { name: "Use this region" }));
  expect(region().value).toBe("eu-west-1");
  expect(document.activeElement).toBe(region());
  expect(screen.queryByRole("button", { name: "Use this region" })).toBeNull();
});

test("an unknown time zone has no recommendation", () => {
  inTimeZone("UTC");
  renderForm();
  expect(document.body.textContent).not.toContain("Recommended");
});

test("budget and eviction are sent as entered, and an invalid budget opens its section", async () => {
  let sent: unknown;
  server.use(
    http.post(url("/databases"), async ({ request }) => {
      sent = await request.json();
      return HttpResponse.json(database, { status: 201 });
    }),
  );
  const onCreated = renderForm();
  await user.type(name(), "orders");
  await user.selectOptions(region(), "us-east-1");
  const budget = screen.getByRole<HTMLInputElement>("textbox", { name: "Monthly budget" });
  await user.type(budget, "twenty");
  await user.click(screen.getByRole("checkbox", { name: "Drop keys when the database is full (eviction)" }));
  await submit();
  expect(budget.closest("details")?.open).toBe(true);
  await user.click(screen.getByRole("link", { name: "Monthly budget: Enter a whole number, such as 20." }));
  await user.clear(budget);
  await user.type(budget, "20");
  await submit();
  await vi.waitFor(() => expect(onCreated).toHaveBeenCalledOnce());
  expect(sent).toMatchObject({ budget: 20, eviction: true });
});

/** Makes the browser report a time zone. */
function inTimeZone(timeZone: string): void {
  const real = Intl.DateTimeFormat().resolvedOptions();
  vi.spyOn(Intl.DateTimeFormat.prototype, "resolvedOptions").mockReturnValue({ ...real, timeZone });
}

/** Stops the clock of countdowns. waitOut advances it. */
function stopCountdowns(): void {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
}

/** Waits for a rejection to be shown, then lets its countdown pass. */
async function waitOut(refusal: number): Promise<void> {
  await screen.findByText(`req-${refusal}`);
  await act(() => vi.advanceTimersByTimeAsync(1_000));
}

test("a rate limit keeps the entered values, and the same request is sent again after the wait", async () => {
  const sent: { key: string | null; body: unknown }[] = [];
  server.use(
    http.post(url("/databases"), async ({ request }) => {
      sent.push({ key: request.headers.get("Idempotency-Key"), body: await request.json() });
      return sent.length < 3
        ? problem(
            429,
            "rate_limited",
            { limit: "creates", request_id: `req-${sent.length}` },
            { "Retry-After": "1" },
          )
        : HttpResponse.json(database, { status: 201 });
    }),
  );
  stopCountdowns();
  const onCreated = renderForm();
  await user.type(name(), "orders");
  await user.selectOptions(region(), "us-east-1");
  await submit();
  expect((await screen.findByRole("alert")).textContent).toContain("You're creating too quickly");
  screen.getByText(/Retrying automatically in/);
  expect(name().value).toBe("orders");

  await waitOut(1);
  await waitOut(2);
  await vi.waitFor(() => expect(onCreated).toHaveBeenCalledOnce());
  expect(sent).toHaveLength(3);
  expect(sent[1]).toEqual(sent[0]);
  expect(sent[2]).toEqual(sent[0]);
});

test("after a rate limit, changed values are not sent automatically", async () => {
  const keys: (string | null)[] = [];
  server.use(
    http.post(url("/databases"), ({ request }) => {
      keys.push(request.headers.get("Idempotency-Key"));
      return problem(429, "rate_limited", { limit: "creates" }, { "Retry-After": "1" });
    }),
  );
  stopCountdowns();
  renderForm();
  await user.type(name(), "orders");
  await user.selectOptions(region(), "us-east-1");
  await submit();
  await screen.findByRole("alert");
  await user.type(name(), "-2");
  await act(() => vi.advanceTimersByTimeAsync(1_000));
  await screen.findByText("You can try again now.");
  expect(keys).toHaveLength(1);
  await submit();
  await vi.waitFor(() => expect(keys).toHaveLength(2));
  expect(keys[1]).not.toBe(keys[0]);
});

test("after three automatic retries the user decides", async () => {
  let sent = 0;
  server.use(
    http.post(url("/databases"), () => {
      sent += 1;
      return problem(
        429,
        "rate_limited",
        { limit: "creates", request_id: `req-${sent}` },
        { "Retry-After": "1" },
      );
    }),
  );
  stopCountdowns();
  renderForm();
  await user.type(name(), "orders");
  await user.selectOptions(region(), "us-east-1");
  await submit();
  for (let refusal = 1; refusal <= 4; refusal++) await waitOut(refusal);
  await screen.findByText("You can try again now.");
  await act(() => vi.advanceTimersByTimeAsync(60_000));
  expect(sent).toBe(4);
});

function describedBy(element: HTMLElement): string {
  const ids = element.getAttribute("aria-describedby")?.split(" ") ?? [];
  return ids.map((id) => document.getElementById(id)?.textContent).join(" ");
}
