import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, dataOf } from "@/shared/api/client";

/** The installation's public settings; they do not change while a page is open. */
export const configQuery = queryOptions({
  queryKey: ["config"],
  queryFn: ({ signal }) => dataOf(api.GET("/config", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
});

/** Where a user deletes developer keys: a page of the Upstash console. */
export function useConsoleUrl(): string | undefined {
  return useQuery(configQuery).data?.console_url;
}

/** The file of the authority that signed the databases' certificate, where it is not one that everybody knows. */
export function useRedisCaFile(): string | undefined {
  return useQuery(configQuery).data?.redis_ca_file;
}
