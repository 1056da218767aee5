import { QueryClientProvider } from "@tanstack/react-query";
import { act, render } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test, vi } from "vitest";
import type { Database } from "@/shared/api/types";
import { ConnectionProvider } from "@/shared/session/connection";
import { createQueryClient } from "@/shared/session/query-client";
import { leaveAccount } from "@/shared/session/session";
import { connection, database } from "@/test/fixtures";
import { server, url } from "@/test/server";
import { useDatabase, useDatabases } from "./api";

/** A server that returns 304 for a known ETag, and the requests it received. */
function listing(first: Database[]) {
  const state = { databases: first };
  const asked: (string | null)[] = [];
  const answers: number[] = [];
  server.use(
    http.get(url("/databases"), ({ request }) => {
      const tag = JSON.stringify(state.databases.map(({ id, state }) => id + state).join());
      const given = request.headers.get("If-None-Match");
      asked.push(given);
      const headers = { ETag: tag };
      answers.push(given === tag ? 304 : 200);
      if (given === tag) return new HttpResponse(null, { status: 304, headers });
      return HttpResponse.json({ databases: state.databases }, { headers });
    }),
  );
  return { state, asked, answers };
}

/** Shows the list and notes every rendering of it. */
function watch(client = createQueryClient(), account = connection.id, watching?: string) {
  const seen: (Database[] | undefined)[] = [];
  const errors: Error[] = [];
  let refetch = () => Promise.resolve();
  function List() {
    const query = useDatabases(watching);
    seen.push(query.data);
    if (query.error !== null) errors.push(query.error);
    refetch = async () => void (await query.refetch());
    return null;
  }
  const view = render(
    <QueryClientProvider client={client}>
      <ConnectionProvider connection={{ ...connection, id: account }}>
        <List />
      </ConnectionProvider>
    </QueryClientProvider>,
  );
  return { client, seen, errors, view, again: () => act(() => refetch()) };
}

test("a list that has not changed is asked for by its ETag, and stays the very same data", async () => {
  const { state, asked, answers } = listing([database]);
  const { seen, errors, again } = watch();
  await vi.waitFor(() => expect(seen.at(-1)).toEqual([database]));
  const first = seen.at(-1);
  await again();
  await again();
  expect(answers).toEqual([200, 304, 304]);
  expect(asked).toEqual([null, '"db-1active"', '"db-1active"']);
  expect(seen.at(-1)).toBe(first);

  state.databases = [database, { ...database, id: "db-2" }];
  await again();
  await vi.waitFor(() => expect(seen.at(-1)?.map(({ id }) => id)).toEqual(["db-1", "db-2"]));
  expect(seen.at(-1)?.[0], "what did not change within it").toBe(first?.[0]);
  await again();
  expect(answers).toEqual([200, 304, 304, 200, 304]);
  expect(errors).toEqual([]);
});

test("while a database is being made, the polls carry the ETag and nothing is drawn again", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { state, answers } = listing([{ ...database, state: "creating" }]);
  const { seen, errors } = watch(createQueryClient(), connection.id, database.id);
  await vi.waitFor(() => expect(seen.at(-1)).toHaveLength(1));
  const first = seen.at(-1);
  await act(() => vi.advanceTimersByTimeAsync(6_500));
  expect(answers.slice(0, 4)).toEqual([200, 304, 304, 304]);
  expect(new Set(seen.filter((data) => data !== undefined))).toEqual(new Set([first]));

  state.databases = [database];
  await act(() => vi.advanceTimersByTimeAsync(2_500));
  await vi.waitFor(() => expect(seen.at(-1)?.[0]?.state).toBe("active"));
  const count = answers.length;
  await act(() => vi.advanceTimersByTimeAsync(6_500));
  expect(errors).toEqual([]);
  expect(answers, "no poll once it is active").toHaveLength(count);
});

test("the ETag is the account's, and goes with the logout", async () => {
  const { asked } = listing([database]);
  const { client, seen, view } = watch();
  await vi.waitFor(() => expect(seen.at(-1)).toHaveLength(1));
  view.unmount();

  const other = watch(client, "con-2");
  await vi.waitFor(() => expect(other.seen.at(-1)).toHaveLength(1));
  expect(asked).toEqual([null, null]);
  other.view.unmount();

  leaveAccount(client, { kind: "anonymous" });
  const back = watch(client);
  await vi.waitFor(() => expect(back.seen.at(-1)).toHaveLength(1));
  expect(asked).toEqual([null, null, null]);
});

test("an answer that comes after the logout leaves nothing behind", async () => {
  let answer: (() => void) | undefined;
  server.use(
    http.get(url("/databases"), async () => {
      await new Promise<void>((done) => {
        answer = done;
      });
      return HttpResponse.json({ databases: [database] }, { headers: { ETag: '"late"' } });
    }),
  );
  const { client, view } = watch();
  await vi.waitFor(() => expect(answer).toBeDefined());
  view.unmount();
  leaveAccount(client, { kind: "anonymous" });
  answer?.();
  await new Promise((done) => setTimeout(done, 50));
  expect(client.getQueryCache().findAll({ queryKey: ["account"] })).toEqual([]);
});

test("a server that gives no ETag is asked plainly", async () => {
  const asked: (string | null)[] = [];
  server.use(
    http.get(url("/databases"), ({ request }) => {
      asked.push(request.headers.get("If-None-Match"));
      return HttpResponse.json({ databases: [database] });
    }),
  );
  const { seen, again } = watch();
  await vi.waitFor(() => expect(seen.at(-1)).toHaveLength(1));
  await again();
  expect(asked).toEqual([null, null]);
});

test("a failure between does not lose what is known", async () => {
  const { asked } = listing([database]);
  const { seen, again } = watch();
  await vi.waitFor(() => expect(seen.at(-1)).toHaveLength(1));
  server.use(http.get(url("/databases"), () => new HttpResponse("", { status: 500 }), { once: true }));
  await again();
  await again();
  expect(asked).toEqual([null, '"db-1active"']);
  expect(seen.at(-1)).toEqual([database]);
});

test("one database is asked for by its ETag too", async () => {
  const asked: (string | null)[] = [];
  server.use(
    http.get(url("/databases/db-1"), ({ request }) => {
      asked.push(request.headers.get("If-None-Match"));
      const headers = { ETag: '"one"' };
      if (asked.length > 1) return new HttpResponse(null, { status: 304, headers });
      return HttpResponse.json(database, { headers });
    }),
  );
  let shown: ReturnType<typeof useDatabase> | undefined;
  function One() {
    shown = useDatabase("db-1");
    return null;
  }
  render(
    <QueryClientProvider client={createQueryClient()}>
      <ConnectionProvider connection={connection}>
        <One />
      </ConnectionProvider>
    </QueryClientProvider>,
  );
  await vi.waitFor(() => expect(shown?.data).toEqual(database));
  const first = shown?.data;
  await act(async () => void (await shown?.refetch()));
  expect(asked).toEqual([null, '"one"']);
  expect(shown?.error).toBeNull();
  expect(shown?.data).toBe(first);
});
