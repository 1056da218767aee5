import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { reread, type Tagged } from "@/shared/api/client";

/** Where the tag of a query's last response is. Its key begins as that of the query: it goes with the account too. */
export const taggedKey = (key: QueryKey) => [...key.slice(0, 2), "tagged", ...key.slice(2)];

/** Reads a resource with the ETag of its last response, which the cache holds until the account changes. */
export async function readCached<T>(
  client: QueryClient,
  queryKey: QueryKey,
  read: Parameters<typeof reread<T>>[1],
): Promise<T> {
  const key = taggedKey(queryKey);
  const tagged = await reread(client.getQueryData<Tagged<T>>(key), read);
  client.setQueryData(key, tagged);
  return tagged.value;
}
