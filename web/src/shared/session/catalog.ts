import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, dataOf } from "@/shared/api/client";
import { accountKey } from "./session";

const catalogQuery = queryOptions({
  queryKey: [accountKey, "catalog"],
  queryFn: ({ signal }) => dataOf(api.GET("/catalog", { signal })),
  staleTime: 10 * 60_000,
});

/** What this installation allows: platforms, regions, plans, operations. */
export function useCatalog() {
  return useQuery(catalogQuery);
}

/** Tells whether this installation offers an operation, such as "redis.rename". Nothing is open until that is known. */
export function useOpenOperations(): (name: string) => boolean {
  const open = new Set(useCatalog().data?.operations.map(({ name }) => name));
  return (name) => open.has(name);
}
