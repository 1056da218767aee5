import { useQuery } from "@tanstack/react-query";
import { api, dataOf } from "@/shared/api/client";
import type { Grant } from "@/shared/api/services";
import { useConnection } from "@/shared/session/connection";
import { accountKey } from "@/shared/session/session";

/** Carries the connection's id: after a change of account nothing of the old one can be shown. */
export const grantsKey = (account: string) => [accountKey, account, "grants"] as const;

/** The grants of the connected account: those that stand, and those that were revoked lately. */
export function useGrants() {
  const account = useConnection().id;
  return useQuery({
    queryKey: grantsKey(account),
    queryFn: async ({ signal }) =>
      (await dataOf(api.GET("/connection/grants", { signal }))).grants as Grant[],
  });
}
