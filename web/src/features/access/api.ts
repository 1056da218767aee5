import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, dataOf } from "@/shared/api/client";
import type { Grant } from "@/shared/api/services";
import { grantsKey } from "@/shared/grants/api";
import type { Narrowing } from "@/shared/grants/policy";
import { useConnection } from "@/shared/session/connection";
import { accountKey } from "@/shared/session/session";

const eventsKey = (account: string) => [accountKey, account, "events"] as const;

/** What happened to the connection lately, newest first. */
export function useEvents() {
  const account = useConnection().id;
  return useQuery({
    queryKey: eventsKey(account),
    queryFn: async ({ signal }) => (await dataOf(api.GET("/connection/events", { signal }))).events,
  });
}

/** Allows a service less than before. */
export function useNarrow(id: string, onDone: () => void) {
  const { account, client, refresh } = useRefresh();
  return useMutation({
    mutationFn: (changes: Partial<Narrowing>) =>
      dataOf(
        api.PATCH("/connection/grants/{id}", { params: { path: { id } }, body: changes }),
      ) as Promise<Grant>,
    onSuccess: (narrowed) => {
      client.setQueryData<Grant[]>(grantsKey(account), (grants) =>
        grants?.map((grant) => (grant.id === id ? narrowed : grant)),
      );
      refresh();
      onDone();
    },
  });
}

/** Takes a grant back. */
export function useTakeBack(id: string, onDone: () => void) {
  const { account, client, refresh } = useRefresh();
  return useMutation({
    mutationFn: () => dataOf(api.DELETE("/connection/grants/{id}", { params: { path: { id } } })),
    onSuccess: () => {
      client.setQueryData<Grant[]>(grantsKey(account), (grants) =>
        grants?.map((grant) => (grant.id === id ? revoked(grant) : grant)),
      );
      refresh();
      onDone();
    },
  });
}

function revoked(grant: Grant): Grant {
  return { ...grant, state: "revoked", revoked_by: "user", revoked_at: new Date().toISOString() };
}

function useRefresh() {
  const client = useQueryClient();
  const account = useConnection().id;
  const refresh = () => {
    void client.invalidateQueries({ queryKey: grantsKey(account) });
    void client.invalidateQueries({ queryKey: eventsKey(account) });
  };
  return { account, client, refresh };
}
