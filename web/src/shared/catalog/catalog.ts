import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, dataOf } from "@/shared/api/client";
import { accountKey } from "@/shared/session/session";

const catalogQuery = queryOptions({
  queryKey: [accountKey, "catalog"],
  queryFn: ({ signal }) => dataOf(api.GET("/catalog", { signal })),
  staleTime: 10 * 60_000,
});

/** What this installation allows: operations, platforms, regions, plans. */
export function useCatalog() {
  return useQuery(catalogQuery);
}

/** The names of the operations that this installation has open. Empty until the catalog is loaded. */
export function useOpenOperations(): ReadonlySet<string> {
  const catalog = useCatalog().data;
  return new Set(catalog?.operations.map(({ name }) => name));
}
