import {
  type QueryFunctionContext,
  queryOptions,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { callApi, rereadApi, type Tagged } from "@/shared/api/client";
import type { Catalog, CreateDatabase, Credentials, Database } from "@/shared/api/types";
import { useConnection } from "@/shared/session/connection";
import { accountKey } from "@/shared/session/session";
import { useIdempotencyKeys } from "./idempotency-key";

const pollWhileChanging = 2_000;

// Keys carry the connection's id: after a change of account nothing of the old one can be shown, not even once.
const listKey = (account: string) => [accountKey, account, "databases"] as const;
const oneKey = (account: string, id: string) => [accountKey, account, "database", id] as const;
const answerKey = (account: string, path: string) => [accountKey, account, "answer", path] as const;

/** Reads a path, or only learns that the last answer still holds: that is kept beside what the page shows, and dies with it. */
async function reread<T>(
  { client, signal }: QueryFunctionContext,
  account: string,
  path: string,
): Promise<T> {
  const key = answerKey(account, path);
  const answer = await rereadApi(path, client.getQueryData<Tagged<T>>(key), signal);
  client.setQueryData(key, answer);
  return answer.value;
}

/** The account's databases. While `watching` is not active yet, the list is read again and again. */
export function useDatabases(watching?: string) {
  const account = useConnection().id;
  return useQuery({
    queryKey: listKey(account),
    queryFn: async (context) => {
      const { databases } = await reread<{ databases: Database[] }>(context, account, "/databases");
      return withNewcomer(databases, context.client.getQueryData<Database>(oneKey(account, watching ?? "")));
    },
    refetchInterval: ({ state }) => {
      if (watching === undefined || state.data === undefined) return false;
      return state.data.find(({ id }) => id === watching)?.state === "active" ? false : pollWhileChanging;
    },
  });
}

export function useDatabase(id: string) {
  const account = useConnection().id;
  return useQuery({
    queryKey: oneKey(account, id),
    queryFn: (context) => reread<Database>(context, account, `/databases/${encodeURIComponent(id)}`),
    refetchInterval: ({ state }) => (state.data?.state === "creating" ? pollWhileChanging : false),
  });
}

export function useCreateDatabase() {
  const client = useQueryClient();
  const account = useConnection().id;
  const keys = useIdempotencyKeys();
  return useMutation({
    mutationFn: (body: CreateDatabase) =>
      callApi<Database>("POST", "/databases", { body, idempotencyKey: keys.keyFor(body) }),
    onSuccess: (created) => {
      client.setQueryData(oneKey(account, created.id), created);
      client.setQueryData<Database[]>(listKey(account), (list) => list && withNewcomer(list, created));
    },
  });
}

/** The server may answer a list from a short-lived cache that does not know the newest database yet. */
function withNewcomer(list: Database[], newcomer: Database | undefined): Database[] {
  if (newcomer === undefined || list.some(({ id }) => id === newcomer.id)) return list;
  return [...list, newcomer];
}

const catalogQuery = queryOptions({
  queryKey: [accountKey, "catalog"],
  queryFn: ({ signal }) => callApi<Catalog>("GET", "/catalog", { signal }),
  staleTime: 10 * 60_000,
});

/** What this installation allows: platforms, regions, plans. */
export function useCatalog() {
  return useQuery(catalogQuery);
}

/**
 * Fetches a database's secrets. A mutation and not a query: it is audited, so it must happen only when asked
 * for, and the answer must not stay in a cache. It is dropped as soon as nothing on the page holds it.
 */
export function useRevealCredentials(id: string) {
  return useMutation({
    mutationFn: () => callApi<Credentials>("GET", `/databases/${encodeURIComponent(id)}/credentials`),
    gcTime: 0,
  });
}
