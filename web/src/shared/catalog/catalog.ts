import { queryOptions, useQuery } from "@tanstack/react-query";
import { getLocale } from "@/messages/runtime";
import { api, dataOf } from "@/shared/api/client";
import type { Catalog } from "@/shared/api/types";
import { accountKey } from "@/shared/session/session";

/** Loads the page's names for regions and plans. The server's are English. Those of a page that lacks a file stay, too. */
async function loadWords(): Promise<(catalog: Catalog) => Catalog> {
  const unchanged = (catalog: Catalog) => catalog;
  if (getLocale() === "en") return unchanged;
  return import("./translated").then(
    ({ translated }) => translated,
    () => unchanged,
  );
}

const catalogQuery = queryOptions({
  queryKey: [accountKey, "catalog"],
  queryFn: async ({ signal }): Promise<Catalog> => {
    const words = loadWords();
    return (await words)(await dataOf(api.GET("/catalog", { signal })));
  },
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
