import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, dataOf } from "@/shared/api/client";
import { useIdempotencyKeys } from "@/shared/api/idempotency-key";
import type { CreateDatabase, Database } from "@/shared/api/types";
import { useConnection } from "@/shared/session/connection";
import { readCached } from "@/shared/session/read-cached";
import { listKey, oneKey, withNewcomer, withoutDeleted } from "./database-cache";

const pollWhileChanging = 2_000;

/** The account's databases. While `watching` is not active yet, the list is read again and again. */
export function useDatabases(watching?: string) {
  const account = useConnection().id;
  return useQuery({
    queryKey: listKey(account),
    queryFn: async ({ client, signal, queryKey }) => {
      const { databases } = await readCached(client, queryKey, (headers) =>
        api.GET("/databases", { headers, signal }),
      );
      const newcomer = client.getQueryData<Database>(oneKey(account, watching ?? ""));
      return withoutDeleted(client, account, withNewcomer(databases, newcomer));
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

/** Lets the server test the connection. A mutation and not a query: each test is audited, and its answer ages at once. */
export function usePing(id: string) {
  return useMutation({
    mutationFn: () => dataOf(api.POST("/databases/{id}/ping", { params: { path: { id } } })),
    gcTime: 0,
  });
}

/** Reads a database again, because its state is known to have changed. */
export function useReadAgain(id: string): () => Promise<void> {
  const client = useQueryClient();
  const account = useConnection().id;
  return () => client.invalidateQueries({ queryKey: oneKey(account, id) });
}
