import {
  type QueryClient,
  type QueryKey,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { api, dataOf, reread, type Tagged } from "@/shared/api/client";
import { useIdempotencyKeys } from "@/shared/api/idempotency-key";
import type { CreateDatabase, Database } from "@/shared/api/types";
import { useConnection } from "@/shared/session/connection";
import { accountKey } from "@/shared/session/session";

const pollWhileChanging = 2_000;

// Keys carry the connection's id: after a change of account nothing of the old one can be shown, not even once.
const listKey = (account: string) => [accountKey, account, "databases"] as const;
const oneKey = (account: string, id: string) => [accountKey, account, "database", id] as const;
const taggedKey = (key: QueryKey) => [...key.slice(0, 2), "tagged", ...key.slice(2)];

/** Reads a resource with the ETag of its last response, which the cache holds until the account changes. */
async function readCached<T>(
  client: QueryClient,
  queryKey: QueryKey,
  read: Parameters<typeof reread<T>>[1],
): Promise<T> {
  const key = taggedKey(queryKey);
  const tagged = await reread(client.getQueryData<Tagged<T>>(key), read);
  client.setQueryData(key, tagged);
  return tagged.value;
}

/** The account's databases. While `watching` is not active yet, the list is read again and again. */
export function useDatabases(watching?: string) {
  const account = useConnection().id;
  return useQuery({
    queryKey: listKey(account),
    queryFn: async ({ client, signal, queryKey }) => {
      const { databases } = await readCached(client, queryKey, (headers) =>
        api.GET("/databases", { headers, signal }),
      );
      return withNewcomer(databases, client.getQueryData<Database>(oneKey(account, watching ?? "")));
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
    queryFn: ({ client, signal, queryKey }) =>
      readCached(client, queryKey, (headers) =>
        api.GET("/databases/{id}", { params: { path: { id } }, headers, signal }),
      ),
    refetchInterval: ({ state }) => (state.data?.state === "creating" ? pollWhileChanging : false),
  });
}

export function useCreateDatabase() {
  const client = useQueryClient();
  const account = useConnection().id;
  const keys = useIdempotencyKeys();
  return useMutation({
    mutationFn: (body: CreateDatabase) =>
      dataOf(api.POST("/databases", { params: { header: { "Idempotency-Key": keys.keyFor(body) } }, body })),
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

/**
 * Fetches a database's secrets. A mutation and not a query: it is audited, so it must happen only when asked
 * for, and the answer must not stay in a cache. It is dropped as soon as nothing on the page holds it.
 */
export function useRevealCredentials(id: string) {
  return useMutation({
    mutationFn: () => dataOf(api.GET("/databases/{id}/credentials", { params: { path: { id } } })),
    gcTime: 0,
  });
}
