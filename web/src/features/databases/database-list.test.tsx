import { act, fireEvent, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { beforeEach, expect, test, vi } from "vitest";
import type { Database } from "@/shared/api/types";
import { catalog, credentials, database } from "@/test/fixtures";
import { renderConnected } from "@/test/render";
import { problem, server, url } from "@/test/server";
import { DatabaseList } from "./database-list";

const user = userEvent.setup();
let reveals: string[];

beforeEach(() => {
  reveals = [];
  server.use(
    http.get(url("/catalog"), () => HttpResponse.json(catalog)),
    http.get(url("/databases/:id/credentials"), ({ params }) => {
      reveals.push(String(params.id));
      return HttpResponse.json(credentials);
    }),
  );
});

/** Databases of which each is a day older than the one before. */
function databases(count: number): Database[] {
  return Array.from({ length: count }, (_, n) => ({
    ...database,
    id: `id-${n}`,
    name: `db-${n}`,
    primary_region: n % 2 === 0 ? "us-east-1" : "eu-west-1",
    created_at: new Date(Date.now() - n * 86_400_000 - 1000).toISOString(),
  }));
}

async function show(list: Database[]) {
  const view = renderConnected(<DatabaseList databases={list} created={undefined} catalog={catalog} />);
  await screen.findAllByRole("row");
  return view;
}

// Looking for roles takes long in a table of this size.
const names = () => [...document.querySelectorAll("tbody th")].map(({ textContent }) => textContent);
const search = (value: string) => fireEvent.change(screen.getByRole("searchbox"), { target: { value } });
const announced = () => screen.getByTestId("announcer").textContent;

test("a short list has no search field and no pages; the newest is first", async () => {
  await show(databases(3).reverse());
  expect(names()).toEqual(["db-0", "db-1", "db-2"]);
  expect(screen.queryByRole("searchbox")).toBeNull();
  expect(screen.queryByRole("navigation", { name: "Pages" })).toBeNull();
});

test("times are words, with the exact time in the title", async () => {
  await show(databases(4));
  const time = screen.getByText("3 days ago");
  expect(time.getAttribute("datetime")).toMatch(/Z$/);
  expect(time.title).toContain(String(new Date().getFullYear()));
});

test("a search counts on the screen, and for a screen reader once the user stops typing", async () => {
  await show(databases(60));
  screen.getByRole("searchbox", { name: "Search by name, region or ID" });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  search("irelan");
  act(() => vi.advanceTimersByTime(400));
  search("ireland");
  screen.getByText("30 of 60");
  act(() => vi.advanceTimersByTime(499));
  expect(announced()).toBe("");
  search("ireland db-1 ");
  act(() => vi.advanceTimersByTime(499));
  expect(announced(), "the user has not stopped typing").toBe("");
  act(() => vi.advanceTimersByTime(1));
  expect(announced()).toContain("Matches: 6");
  vi.useRealTimers();
});

test("a search without matches can be cleared, and the field has the focus then", async () => {
  await show(databases(60));
  search("no such thing");
  screen.getByText("Nothing matches “no such thing”.");
  expect(names()).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Clear search" }));
  expect(names()).toHaveLength(50);
  expect(document.activeElement).toBe(screen.getByRole("searchbox"));
});

test("a heading sorts by its column, and reverses", async () => {
  await show(databases(3));
  const heading = (name: string) => screen.getByRole("columnheader", { name });
  expect(heading("Created").getAttribute("aria-sort")).toBe("descending");

  await user.click(within(heading("Name")).getByRole("button"));
  expect(heading("Name").getAttribute("aria-sort")).toBe("ascending");
  expect(heading("Created").getAttribute("aria-sort")).toBeNull();
  expect(names()).toEqual(["db-0", "db-1", "db-2"]);
  expect(announced()).toContain("Sorted by Name, A to Z");

  await user.click(within(heading("Name")).getByRole("button"));
  expect(heading("Name").getAttribute("aria-sort")).toBe("descending");
  expect(names()).toEqual(["db-2", "db-1", "db-0"]);

  await user.click(within(heading("Created")).getByRole("button"));
  expect(names(), "times sort downwards first").toEqual(["db-0", "db-1", "db-2"]);
});

test("500 databases are pages of 50, and a search begins at the first page", async () => {
  await show(databases(500));
  expect(names()).toHaveLength(50);
  screen.getByText("1–50 of 500");
  const next = screen.getByRole("button", { name: "Next" });
  await user.click(next);
  screen.getByText("51–100 of 500");
  expect(names()[0]).toBe("db-50");
  expect(announced()).toContain("Page 2 of 10");
  expect(document.activeElement).toBe(next);

  search("db-49");
  expect(names()[0]).toBe("db-49");
  expect(names()).toHaveLength(11);
});

test("at the first and the last page, the buttons do nothing and stay", async () => {
  await show(databases(60));
  const previous = screen.getByRole("button", { name: "Previous" });
  expect(previous.getAttribute("aria-disabled")).toBe("true");
  await user.click(previous);
  screen.getByText("1–50 of 60");
  await user.click(screen.getByRole("button", { name: "Next" }));
  await user.click(screen.getByRole("button", { name: "Next" }));
  screen.getByText("51–60 of 60");
});

test("the entry of the history remembers search, order and page, and what else it holds", async () => {
  window.history.replaceState({ other: 1 }, "");
  const first = await show(databases(120));
  await user.click(screen.getByRole("button", { name: "Name" }));
  search("db");
  await user.click(screen.getByRole("button", { name: "Next" }));
  const before = names();
  first.unmount();
  expect(window.history.state).toMatchObject({ other: 1 });
  expect(window.location.href).not.toContain("db");

  await show(databases(120));
  expect(names()).toEqual(before);
  expect(screen.getByRole<HTMLInputElement>("searchbox").value).toBe("db");
});

test("on a narrow screen a choice sorts, and the headings are plain", async () => {
  const listeners = new Set<() => void>();
  let matches = false;
  vi.stubGlobal("matchMedia", () => ({
    get matches() {
      return matches;
    },
    addEventListener: (_: string, listener: () => void) => listeners.add(listener),
    removeEventListener: (_: string, listener: () => void) => listeners.delete(listener),
  }));
  await show(databases(9));
  screen.getByRole("button", { name: "Name" });
  matches = true;
  act(() => {
    for (const listener of listeners) listener();
  });
  expect(screen.queryByRole("button", { name: "Name" })).toBeNull();
  await user.selectOptions(screen.getByRole("combobox", { name: "Sort by" }), "Name, Z to A");
  expect(names()[0]).toBe("db-8");
  vi.unstubAllGlobals();
});

/** Everything the caches hold, as text. */
function cached(client: ReturnType<typeof renderConnected>["client"]): string {
  const queries = client.getQueryCache().getAll();
  const mutations = client.getMutationCache().getAll();
  return JSON.stringify([...queries, ...mutations].map((entry) => entry.state));
}

test("Copy .env reveals one database once, copies, and keeps the secret nowhere else", async () => {
  const { client } = await show(databases(3));
  await user.dblClick(await screen.findByRole("button", { name: "Copy .env of db-1" }));
  await vi.waitFor(() => expect(announced()).toContain("Copied the .env of db-1"));
  expect(reveals).toEqual(["id-1"]);
  const text = await navigator.clipboard.readText();
  expect(text).toContain("UPSTASH_REDIS_REST_TOKEN=full-token");
  expect(text).toContain("KV_REST_API_TOKEN=full-token");
  expect(document.documentElement.outerHTML).not.toContain("full-token");
  expect(cached(client)).not.toContain("full-token");
});

test("a reveal that fails is explained, repeats nothing automatically, and the button works again", async () => {
  server.use(
    http.get(
      url("/databases/:id/credentials"),
      () => problem(429, "rate_limited", {}, { "Retry-After": "1" }),
      {
        once: true,
      },
    ),
  );
  await show(databases(2));
  const button = await screen.findByRole("button", { name: "Copy .env of db-0" });
  await user.click(button);
  await screen.findByRole("alert");
  await act(() => new Promise((done) => setTimeout(done, 1500)));
  expect(reveals).toEqual([]);
  await user.click(button);
  await vi.waitFor(() => expect(reveals).toEqual(["id-0"]));
  expect(screen.queryByRole("alert")).toBeNull();
});

test("a browser that does not allow copying is reported", async () => {
  await show(databases(1));
  vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new Error("denied"));
  await user.click(await screen.findByRole("button", { name: "Copy .env of db-0" }));
  await vi.waitFor(() => expect(announced()).toContain("Your browser did not allow copying"));
  expect(screen.queryByRole("alert")).toBeNull();
});

test("a suspended database has the way to the reason, and where credentials are closed nothing is copied", async () => {
  const suspended = { ...database, id: "id-s", name: "halted", state: "suspended" };
  const { unmount } = await show([suspended, ...databases(1)]);
  const link = await screen.findByRole("link", { name: "Why? halted is suspended" });
  expect(link.getAttribute("href")).toBe("/databases/id-s");
  unmount();

  server.use(http.get(url("/catalog"), () => HttpResponse.json({ ...catalog, operations: [] })));
  await show([suspended, ...databases(1)]);
  await act(() => new Promise((done) => setTimeout(done, 100)));
  expect(screen.queryByRole("button", { name: /\.env/ })).toBeNull();
});
